"""Direct messages in dpytest, another project's fake Discord, which knows messages but no interactions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import discord
import discord.ext.test as dpytest
import pytest
from discord.ext import commands

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.storage import UserId


@pytest.fixture
async def bot() -> AsyncIterator[commands.Bot]:
    intents = discord.Intents.none()
    intents.guilds = intents.members = intents.dm_messages = intents.guild_messages = True
    bot = commands.Bot(commands.when_mentioned, intents=intents)
    await bot._async_setup_hook()
    dpytest.configure(bot)
    yield bot
    await dpytest.empty_queue()


@pytest.fixture
def member(bot: commands.Bot) -> discord.Member:
    found: discord.Member = dpytest.get_config().members[0]
    return found


@pytest.fixture
async def service(
    bot: commands.Bot, member: discord.Member, start: Callable[[DiscordSettings], AuthService]
) -> AuthService:
    service = start(DiscordSettings(allowed_users=frozenset({UserId(member.id)})))
    await bot.add_cog(Auth(bot, service))
    return service


async def test_a_paste_in_a_dm_logs_in_and_a_guild_message_is_nobodys_business(
    service: AuthService, member: discord.Member, issuer: Issuer, stored: Callable[[], dict[str, dict[str, str]]]
) -> None:
    offer = await service.login(Caller(UserId(member.id)), "lab")
    redirect = await issuer.approve(offer.url)

    await dpytest.message(redirect, member=member)
    assert dpytest.verify().message().nothing()
    assert "lab" not in stored()
    await dpytest.message(redirect, channel=await member.create_dm(), member=member)

    assert dpytest.verify().message().contains().content("Logged in")
    assert "lab" in stored()


async def test_chat_in_a_dm_gets_one_hint(service: AuthService, member: discord.Member) -> None:
    dm = await member.create_dm()

    await dpytest.message("hello", channel=dm, member=member)
    assert dpytest.verify().message().contains().content("/auth login")
    await dpytest.message("hello again", channel=dm, member=member)
    assert dpytest.verify().message().nothing()
