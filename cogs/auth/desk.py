"""Where a pressed button finds the cog: a DynamicItem is made by discord.py and is handed nothing but the press."""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias, cast

import discord
from discord.ext import commands

COG: Final = "openab-auth"  # the cog's name, out of the way of a host bot's own cogs
LogoutChoice: TypeAlias = Literal["here", "revoke", "keep"]


class Desk(Protocol):
    """What the buttons ask of the cog; each answers, whatever happens."""

    async def replace_pressed(self, interaction: discord.Interaction, vendor: str, choice: str) -> None:
        """Another person's login may be replaced, or is kept."""
        ...

    async def logout_pressed(self, interaction: discord.Interaction, tenant: str, choice: LogoutChoice) -> None:
        """A login is to be removed, also revoked, or kept."""
        ...


def desk_of(interaction: discord.Interaction) -> Desk:
    """The loaded cog; buttons are registered only while it is loaded."""
    return cast("Desk", cast("commands.Bot", interaction.client).get_cog(COG))
