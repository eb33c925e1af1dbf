"""What a process tells systemd: the protocol of sd_notify(3), on real sockets."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.bot.service import ServiceManager
from tests.support.notify import HeardServices
from tests.support.patience import PATIENCE


@pytest.fixture(params=["a path", "an abstract socket"])
def heard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HeardServices]:
    abstract = f"@openab-auth-{os.getpid()}-{time.monotonic_ns()}"
    heard = HeardServices(str(tmp_path / "notify") if request.param == "a path" else abstract)
    yield heard
    heard.close()


async def test_each_state_is_one_message(heard: HeardServices) -> None:
    manager = ServiceManager.take({"NOTIFY_SOCKET": heard.address})

    await manager.ready("connected\nto Discord")
    before = time.monotonic_ns() // 1000
    await manager.reloading()
    await manager.stopping()

    assert await heard.next() == {"READY": "1", "STATUS": "connected to Discord"}
    reloading = await heard.next()
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert (await heard.next())["STOPPING"] == "1"


async def test_a_long_status_is_cut_so_that_the_rest_is_heard(heard: HeardServices) -> None:
    """A longer message is ignored as a whole: the unit would stay in the state "reloading"."""
    await ServiceManager.take({"NOTIFY_SOCKET": heard.address}).ready("the config has mistakes; " * 1000)

    told = await heard.next()
    assert told["READY"] == "1"
    assert 900 < len(told["STATUS"]) <= 1000


def test_no_child_process_gets_the_variables(tmp_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(tmp_path / "x"), "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1", "PATH": "/bin"}

    ServiceManager.take(environ)

    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # meant for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_told_only_if_it_waits_for_this_process(given: dict[str, str], seconds: float | None) -> None:
    assert ServiceManager.take({"NOTIFY_SOCKET": "/run/notify", **given}).watchdog == seconds


async def test_the_watchdog_hears_from_a_living_process_alone(heard: HeardServices) -> None:
    manager, lives = ServiceManager(heard.address, watchdog=0.02), [True]
    looks: list[float] = []

    def is_alive() -> bool:
        looks.append(time.monotonic())
        return lives[0]

    manager.watch(is_alive)
    for _ in range(3):
        assert await heard.next() == {"WATCHDOG": "1"}
    lives[0] = False
    seen = len(looks)
    async with asyncio.timeout(PATIENCE):
        while len(looks) < seen + 5:
            await asyncio.sleep(0.01)
    await manager.ready("the last message")

    async with asyncio.timeout(PATIENCE):
        messages = [await heard.next()]
        while "READY" not in messages[-1]:
            messages.append(await heard.next())
    assert len(messages) <= 3  # what was on its way; the five looks since have sent nothing
    await manager.aclose()


async def test_without_systemd_nothing_is_sent_and_nothing_fails() -> None:
    manager = ServiceManager.take({})
    manager.watch(lambda: True)

    await manager.ready("alone")
    await manager.aclose()

    assert manager.watchdog is None


async def test_a_service_manager_that_is_gone_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    manager = ServiceManager(str(tmp_path / "gone"))

    with caplog.at_level(logging.WARNING):
        await manager.ready("connected")
        await manager.stopping()

    assert [record.getMessage() for record in caplog.records] == [
        "the service manager cannot be told about this process: No such file or directory"
    ]
