"""The rules of one server hold there alone, and a role counts only in the server that it belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings, GuildRules
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.discord_bot import ROLE, begin, running
from tests.cogs.auth.service.service_logins import Start

ELSEWHERE = 4
OPERATORS = 8


@asynccontextmanager
async def ruled(
    world: EmbeddedDiscord, start: Start, rules: GuildRules, settings: DiscordSettings, *, here: bool = True
) -> AsyncIterator[commands.Bot]:
    guild = int(world.state.guild_id) if here else ELSEWHERE
    async with running(world, start(replace(settings, guilds={guild: rules}))) as bot:
        yield bot


async def test_a_servers_roles_replace_the_general_ones_there(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, bob: Person, ada: Person
) -> None:
    async with ruled(world, start, GuildRules(allowed_roles=frozenset({9})), settings):
        assert "nor any of your roles" in (await begin(bob)).content
        assert (await begin(ada)).link_buttons  # `allowed_users` still holds


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_a_role_of_one_server_counts_in_no_other_place(
    world: EmbeddedDiscord, start: Start, bob: Person, where: str
) -> None:
    rules = GuildRules(allowed_roles=frozenset({ROLE}))
    async with ruled(world, start, rules, DiscordSettings(), here=False):
        assert "You are not on the list" in (await begin(bob, where=where)).content


@pytest.mark.parametrize("people", ["nobody", "eve"])
async def test_people_are_listed_for_one_server(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, eve: Person, people: str
) -> None:
    listed = frozenset({UserId(eve.id)} if people == "eve" else ())
    async with ruled(world, start, GuildRules(allowed_users=listed), settings):
        assert bool((await begin(eve)).link_buttons) is (people == "eve")
        assert not (await begin(ada)).link_buttons
        assert (await begin(ada, where="dm")).link_buttons  # the general rule holds there


async def test_only_its_vendors_are_offered_in_a_server(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person
) -> None:
    async with ruled(world, start, GuildRules(vendors=("second",)), settings):
        choices = await ada.complete_option("auth login", "vendor", "")
        refused = await begin(ada)
        labelled = await (await ada.slash("auth login", vendor="lab", account="work")).settled()
        allowed = await begin(ada, vendor="second")
        outside = await begin(ada, where="dm")

    assert [each.value for each in choices] == ["second"]
    for each in (refused, labelled):
        assert "is not offered here" in each.content
        assert "Choose one of these: second" in each.content
    assert allowed.link_buttons
    assert outside.link_buttons


async def test_a_role_of_operators_ends_others_logins_in_its_server_alone(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, issuer: Issuer
) -> None:
    olga = world.person("olga", roles=(OPERATORS,))
    async with ruled(world, start, GuildRules(operators=frozenset({OPERATORS})), settings):
        await log_in(ada, issuer)
        there = await (await olga.slash("auth logout", vendor="lab")).settled()
        in_dm = await (await olga.slash("auth logout", vendor="lab", where="dm")).settled()

    assert "Log out of The Lab" in there.content
    assert "I can't see your roles" in in_dm.content


async def test_listed_operators_replace_the_allowed_users_as_operators(
    world: EmbeddedDiscord, start: Start, settings: DiscordSettings, ada: Person, bob: Person, issuer: Issuer
) -> None:
    rules = GuildRules(operators=frozenset({OPERATORS}))
    async with ruled(world, start, rules, settings):
        await log_in(bob, issuer)
        told = await (await ada.slash("auth logout", vendor="lab")).settled()

    assert f"<@{bob.id}> made this login, not you" in told.content
