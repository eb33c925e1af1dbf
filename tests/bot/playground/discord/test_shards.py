"""Shards and sessions on the embedded gateway, as Discord documents them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord
from tests.support.patience import PATIENCE


@pytest.fixture
async def world() -> AsyncIterator[EmbeddedDiscord]:
    async with EmbeddedDiscord.listening(shards=2) as world:
        yield world


@pytest.fixture
async def connect(world: EmbeddedDiscord) -> AsyncIterator[Any]:
    """Return a function that identifies, and returns the connection and the names of the first events."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())

        async def identify(shard: Sequence[object] | None) -> tuple[Any, list[dict[str, Any]]]:
            socket = await http.ws_connect(f"{world.api_base.replace('http', 'ws').removesuffix('/api/v10')}/gateway")
            stack.push_async_callback(socket.close)
            await socket.receive_json(timeout=PATIENCE)
            data: dict[str, object] = {"token": world.bot_token, "intents": 1}
            await socket.send_json({"op": 2, "d": data if shard is None else {**data, "shard": shard}})
            first = await socket.receive(timeout=PATIENCE)
            return socket, [] if first.type is not aiohttp.WSMsgType.TEXT else [first.json()]

        yield identify


@pytest.mark.parametrize("shard", [[2, 2], [-1, 2], [0, 0], [0], ["0", "2"]])
async def test_a_shard_that_does_not_exist_is_refused(shard: list[object], connect: Any) -> None:
    socket, events = await connect(shard)

    assert not events
    assert socket.close_code == 4010


@pytest.mark.parametrize("shard", [None, [0, 1]])
async def test_a_bot_in_too_many_guilds_for_its_shards_is_refused(shard: list[int] | None, connect: Any) -> None:
    socket, _ = await connect(shard)

    assert socket.close_code == 4011


async def test_each_shard_learns_its_guilds_alone(world: EmbeddedDiscord, connect: Any) -> None:
    elsewhere = world.new_guild()
    _, (first,) = await connect([0, 2])
    _, (second,) = await connect([1, 2])

    assert [guild["id"] for guild in first["d"]["guilds"]] == [str(elsewhere)]
    assert [guild["id"] for guild in second["d"]["guilds"]] == [str(world.guild_id)]
    assert (second["d"]["shard"], (world.guild_id >> 22) % 2) == ([1, 2], 1)


async def test_two_sessions_of_one_shard_get_each_event_until_one_is_closed(
    world: EmbeddedDiscord, connect: Any
) -> None:
    sockets = [(await connect([1, 2]))[0] for _ in range(2)]
    for socket in sockets:
        await socket.receive_json(timeout=PATIENCE)  # GUILD_CREATE
    other, _ = await connect([0, 2])
    await world.archive_thread()

    assert [(await socket.receive_json(timeout=PATIENCE))["t"] for socket in sockets] == ["THREAD_UPDATE"] * 2
    with pytest.raises(TimeoutError):
        await other.receive(timeout=0.05)
    await sockets[0].close()
    assert world.bot_is_there
    await asyncio.gather(sockets[1].close(), other.close())
    assert await world.until(lambda: not world.bot_is_there, PATIENCE)
    assert await world.until(lambda: not world.gateway._sessions, PATIENCE)  # a clean end leaves nothing to resume


async def test_discord_tells_how_many_shards_a_bot_needs(world: EmbeddedDiscord) -> None:
    headers = {"Authorization": f"Bot {world.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(f"{world.api_base}/gateway/bot") as reply:
        assert (await reply.json())["shards"] == 2
