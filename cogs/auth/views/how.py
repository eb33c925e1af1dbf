"""How to copy what the last page of a login gives: short drawn animations, each with its description in words."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final, Self, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text.language import Language, language_of
from openab_auth.cogs.auth.views.buttons import LastPage, TakenOnce, desk_of

_ID: Final = r"auth:how:(?P<page>dead|code)"
_PICTURES: Final[dict[LastPage, tuple[str, ...]]] = {"dead": ("desktop", "phone"), "code": ("code",)}


class HowButton(TakenOnce, discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=_ID):
    """Shows how to copy; beside the paste button, for who does it for the first time."""

    def __init__(self, language: Language, page: LastPage) -> None:
        label = language.label("button-how")
        style = discord.ButtonStyle.secondary
        super().__init__(discord.ui.Button(label=label, style=style, custom_id=f"auth:how:{page}"))
        self.page = page

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        """The button again, from the id that came with the press."""
        return cls(language_of(interaction), cast("LastPage", match["page"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press on."""
        await desk_of(interaction).how_pressed(interaction, self.page)


def how_message(language: Language, page: LastPage) -> ReplyContent:
    """The animations for this kind of last page; reads their files."""
    folder = files("openab_auth.cogs.auth.views") / "pictures"
    drawn = tuple(
        discord.File(str(folder / f"{name}.gif"), description=language.label(f"picture-{name}"))
        for name in _PICTURES[page]
    )
    return ReplyContent(language.say(f"how-{page}"), files=drawn)
