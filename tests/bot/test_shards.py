"""A bot in many servers: it asks Discord how many shards it needs, and connects each of them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager

import pytest

from openab_auth.bot.errors import DiscordSessionsError, DiscordUnavailableError
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.shards import ask_shards
from openab_auth.storage import Secret
from tests.support.patience import PATIENCE, until
from tests.support.raw_server import RawServer

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


@pytest.fixture
def raw_server() -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


@pytest.fixture
async def discord() -> AsyncIterator[EmbeddedDiscord]:
    async with EmbeddedDiscord.listening(shards=2) as discord:
        yield discord


async def test_a_bot_with_two_shards_goes_on_when_one_is_lost(
    start: Start, discord: EmbeddedDiscord, ada: Person
) -> None:
    async with start() as process:
        await until(lambda: len(discord.gateway.shards) == 2)  # Discord lets one begin every 5 seconds
        await discord.gateway.drop(shard=0)
        answer = await (await ada.slash("auth status")).settled()
        assert "Nobody is logged in" in answer.content
        await until(lambda: discord.gateway.resumes == 1)
        await discord.gateway.drop(4011, shard=1)
        _, stderr = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert sorted(discord.gateway.shards) == [(0, 2), (1, 2)]
    assert process.returncode == 2
    assert b"shard 2 of 2 is connected" in stderr
    assert b"Sharding required" in stderr


def gateway(**more: object) -> bytes:
    body = json.dumps({"url": "wss://gateway.example", **more}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


async def test_a_bot_that_has_started_too_often_today_does_not_start(raw_server: RawServer) -> None:
    """Discord resets the token of a bot with more than 1000 sessions in a day."""
    limit = {"total": 1000, "remaining": 1, "reset_after": 3_600_000, "max_concurrency": 1}
    raw_server.sends = [gateway(shards=2, session_start_limit=limit)]

    with pytest.raises(DiscordSessionsError, match="start it again in 60 minutes"):
        await ask_shards(raw_server.url, Secret("canary"))


@pytest.mark.parametrize("shards", [0, "2", None])
async def test_a_reply_without_a_number_of_shards_is_no_reply_of_discord(shards: object, raw_server: RawServer) -> None:
    raw_server.sends = [gateway(shards=shards)]

    with pytest.raises(DiscordUnavailableError):
        await ask_shards(raw_server.url, Secret("canary"))
