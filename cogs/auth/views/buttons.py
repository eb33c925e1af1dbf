"""Where a pressed button finds who answers it: discord.py makes a DynamicItem and hands it nothing but the press."""

from __future__ import annotations

import re
from typing import Final, Literal, Protocol, Self, TypeAlias, cast

import discord
from discord.ext import commands

from openab_auth.cogs.auth.text.language import Language, language_of
from openab_auth.cogs.auth.text.limits import fits_button
from openab_auth.cogs.auth.text.markup import label

COG: Final = "openab-auth"  # the cog's name, out of the way of a host bot's own cogs
LogoutChoice: TypeAlias = Literal["here", "revoke", "keep"]
LastPage: TypeAlias = Literal["dead", "code"]  # where a login ends in the browser
_TITLE: Final = 60  # units, so that the whole label stays under Discord's 80
_ID: Final = r"auth:login:(?P<vendor>(?s:.+))"


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


class LoginButton(TakenOnce, discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=_ID):
    """Does what `/auth login` does; with no `title` it offers a new link."""

    def __init__(self, language: Language, vendor: str, title: str | None = None) -> None:
        name = label(title, _TITLE) if title else ""
        text = language.label("button-login", vendor=name) if name else language.label("button-new-link")
        custom_id = f"auth:login:{vendor}"
        super().__init__(discord.ui.Button(label=text, style=discord.ButtonStyle.primary, custom_id=custom_id))
        self.vendor = vendor

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        """The button again, from the id that came with the press."""
        return cls(language_of(interaction), match["vendor"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press on; whether this person may is asked there."""
        await desk_of(interaction).login_pressed(interaction, self.vendor)


def new_link(language: Language, vendor: str) -> discord.ui.View | None:
    """The way to a new link, as the one button of a message; None where no button can hold the name."""
    button = LoginButton(language, vendor)
    return discord.ui.View(timeout=None).add_item(button) if fits_button(button.custom_id) else None
