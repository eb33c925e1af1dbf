"""Other users of this host, who can reach the mirror's endpoint: they stop nothing, and no secret gets into a log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from openab_auth.bot.mirror import endpoint
from openab_auth.bot.mirror.endpoint import MirrorEndpoint
from openab_auth.oauth.entries import AccessToken
from openab_auth.storage import Secret, Tenant
from tests.support.patience import PATIENCE

FAR = 4_000_000_000


async def current(tenant: Tenant) -> AccessToken:
    return AccessToken(Secret(f"token of {tenant}"), FAR)


@pytest.fixture
async def here() -> AsyncIterator[MirrorEndpoint]:
    found = MirrorEndpoint(current, lambda: 0)
    async with found.listening():
        yield found


async def send(here: MirrorEndpoint, data: bytes) -> bytes:
    """Send bytes on a connection of their own, and return everything that comes back until it ends."""
    host, port = here.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.read(), PATIENCE)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def refresh(here: MirrorEndpoint) -> bytes:
    path = here.address_of("codex").removeprefix(here.url)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()


async def test_connections_that_say_nothing_are_few_and_end(
    here: MirrorEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "_MOST", 2)
    monkeypatch.setattr(endpoint, "_LONGEST", 2.0)
    silent = [asyncio.create_task(send(here, b"")) for _ in range(4)]

    assert await asyncio.gather(*silent) == [b""] * 4
    assert b"token of codex" in await send(here, refresh(here))


async def test_a_request_that_cannot_be_read_is_not_quoted(
    here: MirrorEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = here.address_of("codex").split("/")[3]

    answers = [
        await send(here, refresh(here).replace(b"Host", b"X\x00: y\r\nHost")),
        await send(here, f"{secret} {secret} {secret}\r\n\r\n".encode()),
    ]

    assert all(b" 400 " in answer.splitlines()[0] for answer in answers)
    assert secret.encode() not in b"".join(answers)
    assert secret not in caplog.text


async def test_only_a_post_gets_a_token(here: MirrorEndpoint) -> None:
    answer = await send(here, refresh(here).replace(b"POST", b"GET"))

    assert b" 405 " in answer.splitlines()[0]
    assert b"token of" not in answer
