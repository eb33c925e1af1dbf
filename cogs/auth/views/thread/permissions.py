"""A line of the status that says which permissions the bot lacks in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import discord

from openab_auth.cogs.auth.text import Language, Markup

_MISSING: Final[Mapping[tuple[bool, bool], str | None]] = {
    (True, True): None,
    (True, False): "send",
    (False, True): "view",
    (False, False): "both",
}
"""Which permissions are missing, by whether the bot may see the thread, and whether it may write in threads."""


def missing_permissions(language: Language, interaction: discord.Interaction) -> tuple[Markup, ...]:
    """Return a line if the bot may not write in the thread where a person acts; nothing outside of threads."""
    if not isinstance(interaction.channel, discord.Thread) or not interaction.is_guild_integration():
        return ()
    may = interaction.app_permissions
    missing = _MISSING[may.view_channel, may.send_messages_in_threads]
    return (language.say("thread-cannot-write", missing=missing),) if missing else ()
