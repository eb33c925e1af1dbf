"""Commands in messages are clickable where their ids are known, in each language."""

from __future__ import annotations

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from tests.cogs.auth.on_discord.discord_bot import begin, running
from tests.cogs.auth.service.service_logins import Start
from tests.support.patience import PATIENCE


def root_id(world: EmbeddedDiscord) -> str:
    (group,) = world.commands()
    return str(group["id"])


@pytest.mark.parametrize("locale", ["en-US", "zh-TW"])
async def test_every_command_in_the_help_is_clickable(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, locale: str
) -> None:
    ada.locale = locale
    shown = await (await ada.slash("auth help")).settled()
    for name in ("login", "complete", "status", "cancel", "logout"):
        assert f"</auth {name}:{root_id(world)}>" in shown.content
    assert "`/auth" not in shown.content


async def test_a_button_is_answered_with_mentions_before_any_command_was_used(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start
) -> None:
    """The ids come from the registered commands, not only from the commands that people send."""
    async with running(world, start(settings)):
        login = await begin(ada)
    async with running(world, start(settings)) as bot:
        cog = bot.get_cog("openab-auth")
        assert isinstance(cog, Auth)
        assert await world.until(lambda: cog.mentions.known, PATIENCE)
        (hint,) = await ada.send_dm("hello")
        assert f"</auth login:{root_id(world)}>" in hint.text
    assert f"</auth complete:{root_id(world)}>" in login.content
