"""A process stays ready through a minute of trouble, and says which check fails and what to do."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.bot.health.readiness import Check, Readiness, Trouble
from openab_auth.oauth.config import ConfigTable, IpAddress
from tests.support.clock import Clock


class Part:
    """A part of a process that a test can break."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.error: Exception | None = None

    async def look(self) -> Trouble | None:
        if self.error is not None:
            raise self.error
        return self.trouble


@pytest.fixture
def part() -> Part:
    return Part()


@pytest.fixture
def readiness(part: Part, clock: Clock) -> Readiness:
    return Readiness([Check("part", part.look)], clock=clock)


async def ready(readiness: Readiness) -> bool:
    return all(check.ok for check in await readiness.current())


async def test_it_is_ready_for_a_minute_of_trouble_and_not_longer(
    readiness: Readiness, part: Part, clock: Clock
) -> None:
    assert await ready(readiness)
    part.trouble = Trouble("it is broken", "repair it")
    for _ in range(12):
        clock.now += 5
        await readiness.look()
        assert await ready(readiness)
    clock.now += 1

    [check] = await readiness.current()

    assert not check.ok
    assert check.message == "in trouble for 61 s: it is broken"
    assert check.hint == "repair it"


async def test_trouble_is_told_at_once_although_the_check_is_still_ok(readiness: Readiness, part: Part) -> None:
    await readiness.look()
    part.trouble = Trouble("it is broken", "repair it")
    await readiness.look()

    [check] = readiness.report()

    assert check.ok
    assert not check.is_well
    assert "it is broken" in check.message


async def test_a_moment_without_trouble_begins_the_minute_anew(readiness: Readiness, part: Part, clock: Clock) -> None:
    for second in range(0, 120, 5):
        part.trouble = None if second == 60 else Trouble("it is broken", "repair it")
        clock.now += 5
        await readiness.look()

    assert all(check.ok for check in readiness.report())


async def test_it_is_not_ready_before_every_check_was_well(readiness: Readiness, part: Part) -> None:
    part.trouble = Trouble("it has not begun", "wait")

    [check] = await readiness.current()

    assert not check.ok
    assert check.message == "never well so far: it has not begun"


async def test_it_is_not_ready_when_nobody_looks_any_more(readiness: Readiness, clock: Clock) -> None:
    await readiness.look()
    clock.now += 61

    [check] = readiness.report()

    assert not check.ok
    assert "nobody looks" in check.message


async def test_an_unforeseen_error_is_trouble_and_its_text_is_told_to_nobody(readiness: Readiness, part: Part) -> None:
    part.error = ValueError("rt_canary")

    [check] = await readiness.current()

    assert not check.ok
    assert "canary" not in repr(check)
    assert "ValueError" in check.message


async def test_a_check_that_hangs_keeps_no_probe_waiting(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("openab_auth.bot.health.readiness._LONGEST_LOOK", 0.01)

    [check] = await Readiness([Check("part", hang)], clock=clock).current()

    assert "no answer in time" in check.message


async def test_probes_at_the_same_time_share_one_look(clock: Clock) -> None:
    looks = 0

    async def look() -> Trouble:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return Trouble("it is broken", "repair it")

    readiness = Readiness([Check("part", look)], clock=clock)
    found = await asyncio.gather(*(readiness.current() for _ in range(20)))

    assert looks == 1
    assert not any(check.ok for checks in found for check in checks)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", IpAddress("127.0.0.1", 9464)),
        ("10.0.0.7:1", IpAddress("10.0.0.7", 1)),
        ("[::1]:9464", IpAddress("::1", 9464)),
    ],
)
def test_an_address_is_an_ip_address_with_a_port(text: str, address: IpAddress) -> None:
    table = ConfigTable({"health": text}, "bot", [])

    assert table.ip_address("health") == address
    assert str(address) == text
    assert not table.mistakes


@pytest.mark.parametrize(
    "text", ["9464", ":9464", "127.0.0.1", "127.0.0.1:", "::1:9464", "[127.0.0.1]:1", "a:1", "127.0.0.1:65536", "[:1"]
)
def test_another_text_is_a_mistake_that_shows_an_example(text: str) -> None:
    table = ConfigTable({"health": text}, "bot", [])

    assert table.ip_address("health") is None
    [(key, reason)] = table.mistakes
    assert key == "bot.health"
    assert "127.0.0.1:9464" in reason
