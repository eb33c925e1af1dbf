"""Strangers at the address of the probes: they keep no probe out, cost little, and write nothing in the log."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from openab_auth.bot.health.readiness import Readiness
from openab_auth.bot.health.server import serving_health
from openab_auth.oauth.config import IpAddress
from tests.support.patience import PATIENCE

LOOPBACK = IpAddress("127.0.0.1", 0)


async def no_metrics(accept: str) -> tuple[str, bytes]:
    return "text/plain", accept.encode()


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


async def get(url: str, path: str) -> bytes:
    reader, writer = await connect(url)
    writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


async def test_silent_clients_take_few_connections_and_give_them_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours: who can reach the address must not take the descriptors that logins need."""
    monkeypatch.setattr("openab_auth.bot.health.connections._MOST", 3)
    monkeypatch.setattr("openab_auth.bot.health.connections._LONGEST", 0.5)
    async with serving_health(LOOPBACK, Readiness([]), no_metrics) as url:
        silent = [await connect(url) for _ in range(6)]
        ends = [await asyncio.wait_for(reader.read(), PATIENCE) for reader, _ in silent]
        answer = await get(url, "/livez")

    assert ends == [b""] * 6
    assert answer.startswith(b"HTTP/1.0 200 OK")
    for _, writer in silent:
        writer.close()


async def test_strangers_who_hold_every_connection_keep_no_probe_out() -> None:
    """Ours: an orchestrator restarts a bot whose probes are refused."""
    async with serving_health(LOOPBACK, Readiness([]), no_metrics) as url:
        strangers = [await connect(url) for _ in range(150)]
        for path in ("/livez", "/readyz"):
            probe = asyncio.create_task(get(url, path))
            strangers += await asyncio.gather(*(connect(url) for _ in range(60)))
            assert (await probe).startswith(b"HTTP/1.0 200 OK")

    for _, writer in strangers:
        writer.close()


async def test_an_answer_under_way_is_not_ended_by_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openab_auth.bot.health.connections._MOST", 4)
    asked, free = asyncio.Event(), asyncio.Event()

    async def slow_metrics(accept: str) -> tuple[str, bytes]:
        asked.set()
        await free.wait()
        return "text/plain", accept.encode()

    async with serving_health(LOOPBACK, Readiness([]), slow_metrics) as url:
        scrape = asyncio.create_task(get(url, "/metrics"))
        await asyncio.wait_for(asked.wait(), PATIENCE)
        strangers = [await connect(url) for _ in range(8)]
        ended = [await asyncio.wait_for(reader.read(), PATIENCE) for reader, _ in strangers[:5]]
        free.set()
        answer = await asyncio.wait_for(scrape, PATIENCE)

    assert ended == [b""] * 5
    assert answer.startswith(b"HTTP/1.0 200 OK")
    for _, writer in strangers:
        writer.close()


async def test_a_connection_that_has_ended_leaves_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    later, timers = loop.call_later, list[asyncio.TimerHandle]()

    def call_later(delay: float, *words: Any, **others: Any) -> asyncio.TimerHandle:
        timer = later(delay, *words, **others)
        timers.extend([timer] if delay == 20 else [])
        return timer

    monkeypatch.setattr(loop, "call_later", call_later)
    async with serving_health(LOOPBACK, Readiness([]), no_metrics) as url:
        for _ in range(3):
            await get(url, "/livez")
        last = await connect(url)

    assert len(timers) >= 3
    assert all(timer.cancelled() for timer in timers)
    last[1].close()


async def test_a_stop_ends_the_answers_under_way_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    asked, free = asyncio.Event(), asyncio.Event()

    async def slow_metrics(accept: str) -> tuple[str, bytes]:
        asked.set()
        await free.wait()
        return "text/plain", accept.encode()

    async with serving_health(LOOPBACK, Readiness([]), slow_metrics) as url:
        scrapes = [asyncio.create_task(get(url, "/metrics")) for _ in range(3)]
        await asyncio.wait_for(asked.wait(), PATIENCE)
    free.set()
    ends = await asyncio.gather(*scrapes, return_exceptions=True)

    assert all(end == b"" or isinstance(end, OSError) for end in ends)
    assert not caplog.records


async def test_the_log_has_our_own_mistakes_and_no_requests_of_strangers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken_metrics(accept: str) -> tuple[str, bytes]:
        raise LookupError(accept)

    async with serving_health(LOOPBACK, Readiness([]), broken_metrics) as url:
        for request in (
            b"\x16\x03\x01\x02\x00\r\n\r\n",
            b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 20_000),
            b"GET /livez HTTP/9.9\r\n\r\n",
        ):
            reader, writer = await connect(url)
            writer.write(request)
            await asyncio.wait_for(reader.read(), PATIENCE)
            writer.close()
        quiet = list(caplog.records)
        answer = await get(url, "/metrics")

    assert not quiet
    assert answer.startswith(b"HTTP/1.0 500")
    assert [record.getMessage() for record in caplog.records] == ["/metrics could not be answered"]
