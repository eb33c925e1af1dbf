"""Shows how to copy the address or the code from a login's last page: animations, each with a description in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from io import BytesIO
from typing import Final, Self, cast

import discord

from openab_auth.cogs.auth.replies import Button, ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, fits_card
from openab_auth.cogs.auth.views.buttons import AuthButton, LastPage, PressHandler

_PICTURES: Final[dict[LastPage, tuple[str, ...]]] = {"dead": ("desktop", "phone"), "code": ("code",)}


class HowButton(AuthButton, verb="how", fields="(?P<page>dead|code)"):
    """Shows how to copy, on the card itself: its other buttons stay."""

    in_place = True

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


def how_message(language: Language, page: LastPage, card: ReplyContent) -> ReplyContent:
    """Return the card with the animations for this kind of last page, and with its other buttons.

    This reads files, so call it in a thread.
    """
    folder = files("openab_auth.cogs.auth.views.login") / "pictures"
    drawn = tuple(
        discord.File(  # from memory: an answer that is lost leaves no file open
            BytesIO((folder / f"{name}.gif").read_bytes()),
            filename=f"{name}.gif",
            description=language.label(f"picture-{name}"),
        )
        for name in _PICTURES[page]
    )
    shown = LINES.join([card.content, language.say(f"how-{page}")])
    fits = fits_card(*([card.mistake] if card.mistake else []), shown)
    others = tuple(button for button in card.buttons if not _is_how(button))
    return replace(card, content=shown if fits else card.content, buttons=others, files=drawn)


def _is_how(button: Button) -> bool:
    return str(getattr(button, "custom_id", None)).startswith(HowButton.id_of(""))
