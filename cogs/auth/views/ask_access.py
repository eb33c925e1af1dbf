"""The button with which a person who may not use /auth asks the operators for access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import discord

from openab_auth.cogs.auth.guard import NotListedError
from openab_auth.cogs.auth.text import Language
from openab_auth.cogs.auth.views.buttons import AuthButton, PressHandler


class AskAccessButton(AuthButton, verb="ask", fields="(?P<what>access)"):
    """Asks the operators for access."""

    def __init__(self, language: Language) -> None:
        super().__init__(language.label("button-ask-access"), discord.ButtonStyle.secondary, "access")

    @classmethod
    def read(cls, language: Language, _fields: Mapping[str, str]) -> Self:
        """Make the button again."""
        return cls(language)

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Ask, and say whether the operators have got the message."""
        await desk.ask_access(interaction)


def ways_to_access(language: Language, error: BaseException) -> tuple[AuthButton, ...]:
    """Return the button if this person is not listed and there is a channel in which to ask."""
    return (AskAccessButton(language),) if isinstance(error, NotListedError) and error.may_ask else ()
