"""Clients that are slow, large, broken or hostile: they cost the others nothing, and nothing of theirs is logged."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import resource
import socket
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.broker.http import connection, routes
from openab_auth.storage import MemoryStore, Secret, TokenEntry
from tests.bot.broker.running_broker import (
    FAR,
    RunningBroker,
    broker_in_this_process,
    put_key,
    put_login,
    running_broker,
)
from tests.support.patience import PATIENCE

CANARY = "canary-of-a-client"


def broker_here(folder: Path) -> AbstractAsyncContextManager[Path]:
    """Serve a login to codex in this process; the context is the place of the socket."""
    login = TokenEntry(Secret("token"), Secret("refresh"), FAR, "https://x.example/token", "codex")
    return broker_in_this_process(folder, MemoryStore({"codex": login}))


async def send(place: Path, data: bytes) -> bytes:
    """Send bytes on a connection of their own, and return everything that comes back until it ends."""
    reader, writer = await asyncio.open_unix_connection(str(place))
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    return answer


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_HEADERS", 0.5)
    monkeypatch.setattr(connection, "_IDLE", 0.5)
    monkeypatch.setattr(routes, "_BODY", 0.5)


@pytest.mark.usefixtures("quick")
async def test_headers_byte_by_byte_end_the_connection(tmp_path: Path) -> None:
    async with broker_here(tmp_path) as place:
        reader, writer = await asyncio.open_unix_connection(str(place))
        ended = asyncio.create_task(reader.read())
        began = time.monotonic()
        for byte in itertools.chain(b"GET /healthz HTTP/1.1\r\nX: ", itertools.repeat(ord("x"))):
            if ended.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
            assert time.monotonic() < began + PATIENCE

        with contextlib.suppress(ConnectionError):  # of a byte that was sent after the end
            assert await ended == b""
        assert time.monotonic() - began >= 0.5
        writer.close()


@pytest.mark.usefixtures("quick")
async def test_the_next_headers_may_be_as_slow_as_the_first(tmp_path: Path) -> None:
    """A connection that was of use once must not stay open for a client that sends half a request."""
    async with broker_here(tmp_path) as place:
        reader, writer = await asyncio.open_unix_connection(str(place))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea")
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()

    assert answer.count(b"HTTP/1.1") == 1
    assert b" 200 " in answer.splitlines()[0]


@pytest.mark.usefixtures("quick")
async def test_a_body_that_never_ends_is_400(tmp_path: Path) -> None:
    async with broker_here(tmp_path) as place:
        answer = await send(
            place, b"POST /v1/request HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 90\r\n\r\n{"
        )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"bad_body"' in answer


@pytest.mark.usefixtures("quick")
async def test_a_request_that_waits_longer_than_headers_may_take_is_answered(tmp_path: Path) -> None:
    async with broker_here(tmp_path) as place:
        answer = await send(place, b"GET /v1/token/claude?wait=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_a_connection_too_many_is_closed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_MOST", 2)
    async with broker_here(tmp_path) as place:
        others = [await asyncio.open_unix_connection(str(place)) for _ in range(2)]
        assert await send(place, b"") == b""
        for reader, writer in others:
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
            writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",  # TLS
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"%s" * 1000 + b"\r\n\r\n",
        b"GET /%s" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"%s %s %s\r\n\r\n",
    ],
    ids=["tls", "null", "length", "header", "path", "words"],
)
async def test_what_is_no_http_gets_a_problem_that_does_not_repeat_it(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with broker_here(tmp_path) as place:
        answer = await send(place, data.replace(b"%s", CANARY.encode()))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b"application/problem+json" in head
    assert b"Cache-Control: no-store" in head
    assert b'"unreadable"' in body
    assert CANARY.encode() not in answer
    assert CANARY not in caplog.text


async def test_a_body_too_large_is_400_and_read_no_further(broker: RunningBroker) -> None:
    for length in (9000, 1_000_000):
        body = {"account": "codex", "reason": "x" * length}
        reply = await broker.ask("/v1/request", method="POST", body=body)
        assert reply.problem == (400, "bad_body")


async def test_no_key_token_or_path_reaches_the_log(home: Path) -> None:
    """Of a client whose requests fail in every way, and of the logins that it gets."""
    put_login(home)
    key = put_key(home, "ci", "codex")
    async with running_broker(home, listen=True) as broker:
        for tcp in (False, True):
            for account in ("codex", CANARY, f"{CANARY}@me", "claude", f"mcp:{CANARY}"):
                await broker.token(account, key=key, tcp=tcp)
                await broker.token(account, key=f"oab_{CANARY}", tcp=tcp)
            await broker.ask(f"/v1/{CANARY}", key=key, tcp=tcp)
            await broker.ask("/v1/request", key=key, tcp=tcp, method="POST", body={"account": CANARY, "reason": CANARY})
        await send(broker.socket, f"GET / HTTP/1.1\r\nAuthorization: Bearer {key}\0\r\n\r\n".encode())
        assert await broker.stop() == 0

    said = broker.log.read_text() + (home / ".openab/agent/auth.json.audit.jsonl").read_text()
    for secret in (key, CANARY, "canary-access", "canary-refresh"):
        assert secret not in said


async def test_clients_that_only_connect_keep_nobody_out(broker: RunningBroker) -> None:
    idle = [await asyncio.open_unix_connection(str(broker.socket)) for _ in range(300)]

    assert (await broker.token("codex")).status == 200
    for _, writer in idle:
        writer.close()


async def test_connections_without_a_key_leave_descriptors_for_the_store(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many systems begin with 1024 descriptors for a process, and here with 300; a process may ask for more."""
    put_login(home)
    start, (_, most) = asyncio.create_subprocess_exec, resource.getrlimit(resource.RLIMIT_NOFILE)

    async def with_few(*words: Any, **options: Any) -> asyncio.subprocess.Process:
        return await start(
            *words, **options, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, most))
        )

    monkeypatch.setattr(asyncio, "create_subprocess_exec", with_few)
    async with running_broker(home, listen=True) as broker:
        assert broker.url is not None
        host, port = broker.url.removeprefix("http://").split(":")
        with contextlib.ExitStack() as idle:
            for _ in range(400):
                idle.enter_context(await asyncio.to_thread(socket.create_connection, (host, int(port))))

            assert (await broker.token("codex")).status == 200
            put_login(home, token="another")
            assert (await broker.token("codex")).body["access_token"] == "another"
