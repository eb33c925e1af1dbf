"""Shows how to copy the address or the code from a login's last page: animations, each with a description in words."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from io import BytesIO
from typing import Final, Self, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import Language
from openab_auth.cogs.auth.views.buttons import AuthButton, LastPage, PressHandler

_PICTURES: Final[dict[LastPage, tuple[str, ...]]] = {"dead": ("desktop", "phone"), "code": ("code",)}


class HowButton(AuthButton, verb="how", fields="(?P<page>dead|code)"):
    """Shows how to copy; its button is beside the paste button for people who log in for the first time."""

    def __init__(self, language: Language, page: LastPage) -> None:
        super().__init__(language.label("button-how"), discord.ButtonStyle.secondary, page)
        self.page = page

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, cast("LastPage", fields["page"]))

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Show the animations."""
        await desk.how(interaction, self.page)


def how_message(language: Language, page: LastPage) -> ReplyContent:
    """Return the animations for this kind of last page. This reads files, so call it in a thread."""
    folder = files("openab_auth.cogs.auth.views") / "pictures"
    drawn = tuple(
        discord.File(  # from memory: an answer that is lost leaves no file open
            BytesIO((folder / f"{name}.gif").read_bytes()),
            filename=f"{name}.gif",
            description=language.label(f"picture-{name}"),
        )
        for name in _PICTURES[page]
    )
    return ReplyContent(language.say(f"how-{page}"), files=drawn)
