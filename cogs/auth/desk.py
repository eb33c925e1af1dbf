"""Where a pressed button finds who answers it: discord.py makes a DynamicItem and hands it nothing but the press."""

from __future__ import annotations

from typing import Final, Literal, Protocol, TypeAlias, cast

import discord
from discord.ext import commands

COG: Final = "openab-auth"  # the cog's name, out of the way of a host bot's own cogs
LogoutChoice: TypeAlias = Literal["here", "revoke", "keep"]
LastPage: TypeAlias = Literal["dead", "code"]  # where a login ends in the browser


class Desk(Protocol):
    """What the buttons ask for; each press is answered, whatever happens."""

    def takes(self, interaction: discord.Interaction) -> bool:
        """Return whether the interaction is to be answered: not one that Discord has delivered before."""
        ...

    async def login_pressed(self, interaction: discord.Interaction, vendor: str) -> None:
        """A login is to begin, as with the command."""
        ...

    async def how_pressed(self, interaction: discord.Interaction, page: LastPage) -> None:
        """Somebody wants to see how the address, or the code, is copied."""
        ...

    async def cancel_pressed(self, interaction: discord.Interaction, vendor: str, generation: str) -> None:
        """The pending login of this generation is to be dropped."""
        ...

    async def replace_pressed(
        self, interaction: discord.Interaction, vendor: str, choice: str, generation: str
    ) -> None:
        """Another person's login, of this generation, may be replaced, or is kept."""
        ...

    async def logout_pressed(
        self, interaction: discord.Interaction, tenant: str, choice: LogoutChoice, generation: str
    ) -> None:
        """The login of this generation is to be removed, also revoked, or kept."""
        ...


class _Staffed(Protocol):
    desk: Desk


def desk_of(interaction: discord.Interaction) -> Desk:
    """The loaded cog's; buttons are registered only while it is loaded."""
    return cast("_Staffed", cast("commands.Bot", interaction.client).get_cog(COG)).desk


class TakenOnce:
    """A button that answers each press once, however often Discord delivers it."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Return whether this press was not delivered before."""
        return desk_of(interaction).takes(interaction)
