"""The bots that can load the cog, and which of their connections to Discord's gateway are open."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

import discord
from discord.ext import commands

HostBot: TypeAlias = commands.Bot | commands.AutoShardedBot


def closed_shards(client: discord.Client) -> Collection[int]:
    """Return the shards of this process whose connection is closed now; a bot without shards has the shard 0."""
    if isinstance(client, discord.AutoShardedClient):
        expected = client.shard_ids or range(client.shard_count or 1)
        there = client.shards
        return [shard for shard in expected if shard not in there or there[shard].is_closed()]
    return [] if client.ws is not None and client.ws.open else [0]


def serves_all_shards(client: discord.Client) -> bool:
    """Return whether this process serves every shard; otherwise it is one of a cluster, and its shards are its own."""
    if isinstance(client, discord.AutoShardedClient):
        return client.shard_ids is None or len(client.shard_ids) == client.shard_count
    return client.shard_id is None


def is_connected(client: discord.Client) -> bool:
    """Return whether at least one connection is open."""
    if isinstance(client, discord.AutoShardedClient):
        return any(not shard.is_closed() for shard in client.shards.values())
    return not closed_shards(client)
