"""The roles and vendors of one channel hold there and in its threads alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import ChannelSettings, Config
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.discord_bot import begin

OTHER = 9


@pytest.fixture
def config(config: Config, world: EmbeddedDiscord) -> Config:
    here = ChannelSettings(vendors=("lab",), allowed_roles=frozenset({OTHER}))
    return replace(config, auth=replace(config.auth, channels={int(world.state.text_channel_id): here}))


@pytest.mark.parametrize("where", ["guild", "thread"])
async def test_a_channels_roles_replace_the_general_ones_there(
    where: str, world: EmbeddedDiscord, bot: commands.Bot, bob: Person, ada: Person
) -> None:
    olga = world.person("olga", roles=(OTHER,))

    assert (await begin(olga, where=where)).link_buttons
    assert (await begin(ada, where=where)).link_buttons  # `allowed_users` still holds
    assert "nor any of your roles" in (await begin(bob, where=where)).content


async def test_only_its_vendors_are_offered_in_a_channel(bot: commands.Bot, ada: Person) -> None:
    assert "Choose one of these: lab" in (await begin(ada, vendor="second")).content
    assert (await begin(ada, vendor="second", where="dm")).link_buttons


def test_at_the_end_of_a_login_by_code_the_role_of_any_channel_is_enough() -> None:
    access = Access(DiscordSettings(), {3: ChannelSettings(allowed_roles=frozenset({OTHER}))})
    person = Caller(UserId(1), frozenset({OTHER}), guild=4)

    access.check(person, in_any_channel=True)
    assert not access.allows(person)
