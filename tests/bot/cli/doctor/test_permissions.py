"""`doctor` names the servers in which the bot's roles do not let it write about logins that agents ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.bot.cli.doctor.network import check_network
from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.cogs.auth import DiscordSettings
from openab_auth.storage import Secret

VIEW, SEND, ADMINISTRATOR = 1 << 10, 1 << 38, 1 << 3


async def checked(discord: EmbeddedDiscord, settings: DiscordSettings | None = None) -> Check | None:
    known = settings or DiscordSettings(bot_token=Secret(discord.bot_token), api_base=discord.api_base)
    return next((check for check in await check_network([], known) if check.name == "permissions"), None)


@pytest.mark.parametrize(
    ("permissions", "lacks"),
    [
        (VIEW, "lacks Send Messages in Threads"),
        (SEND, "lacks View Channels"),
        (0, "lacks View Channels and Send Messages in Threads"),
        (VIEW | SEND, ""),
        (ADMINISTRATOR, ""),
    ],
)
async def test_the_missing_permissions_of_each_server_are_named(
    permissions: int, lacks: str, discord: EmbeddedDiscord
) -> None:
    discord.state.permissions.in_guild = permissions

    check = await checked(discord)

    assert check is not None
    assert check.ok  # a channel may give them
    assert bool(check.hint) == bool(lacks)
    wanted = f"the server 'Playground' ({discord.guild_id}) {lacks}" if lacks else "in 1 server"
    assert check.message.endswith(wanted)


async def test_an_error_of_discord_is_no_finding_about_permissions(discord: EmbeddedDiscord) -> None:
    check = await checked(discord, DiscordSettings(bot_token=Secret("wrong"), api_base=discord.api_base))

    assert check is not None
    assert (check.ok, check.message) == (True, "not checked: Discord did not tell")


async def test_nothing_is_checked_for_a_bot_that_writes_no_requests(discord: EmbeddedDiscord) -> None:
    settings = DiscordSettings(bot_token=Secret(discord.bot_token), api_base=discord.api_base)

    assert await checked(discord, replace(settings, requests="off")) is None
