"""The button that begins a login: in the help, in the status, and wherever a link is of no use any more."""

from __future__ import annotations

import re
from typing import Final, Self

import discord

from openab_auth.cogs.auth.desk import TakenOnce, desk_of
from openab_auth.cogs.auth.text.language import Language, language_of
from openab_auth.cogs.auth.text.limits import fits_button
from openab_auth.cogs.auth.text.markup import label

_TITLE: Final = 60  # units, so that the whole label stays under Discord's 80
_ID: Final = r"auth:login:(?P<vendor>(?s:.+))"


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
