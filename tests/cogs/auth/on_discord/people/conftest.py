"""Ada and Mei are listed as operators; Bob may log in by his role."""

from __future__ import annotations

import pytest

from openab_auth.bot.playground.discord import Person
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from tests.cogs.auth.on_discord.discord_bot import ROLE


@pytest.fixture
def settings(ada: Person, mei: Person) -> DiscordSettings:
    return DiscordSettings(allowed_roles=frozenset({ROLE}), operators=frozenset({ada.id, mei.id}))
