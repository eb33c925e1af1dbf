"""Asks before a login replaces another person's, and before a vendor account is stored a second time.

The buttons survive a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Literal, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, plain, title_meant, words
from openab_auth.cogs.auth.views.buttons import REST, AuthButton, PressHandler, all_fitting
from openab_auth.oauth.errors import AccountStoredError, LoginConflictError, LoginTakenError
from openab_auth.oauth.vendors import Catalogue

Answer: TypeAlias = Literal["yes", "no"]
_NAMES: Final = 400  # units
_REPLACE_BUTTONS: Final[Mapping[Answer, tuple[str, discord.ButtonStyle]]] = {
    "yes": ("button-replace", discord.ButtonStyle.danger),
    "no": ("button-keep", discord.ButtonStyle.secondary),
}
_BESIDE_BUTTONS: Final[Mapping[Answer, tuple[str, discord.ButtonStyle]]] = {
    "yes": ("button-beside", discord.ButtonStyle.primary),
    "no": ("button-keep", discord.ButtonStyle.secondary),
}


class ReplaceButton(
    AuthButton, verb="replace", fields=f"(?P<choice>yes|no):(?P<generation>[0-9a-f]*):(?P<vendor>{REST})"
):
    """Answers the question whether another person's login may be replaced."""

    in_place = True

    def __init__(self, language: Language, vendor: str, choice: Answer, generation: str) -> None:
        label, style = _REPLACE_BUTTONS[choice]
        super().__init__(language.label(label), style, choice, generation, vendor)
        self.vendor: str = vendor
        self.choice = choice
        self.generation = generation

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["vendor"], cast("Answer", fields["choice"]), fields["generation"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Turn the question into the login message, or keep the login."""
        if self.choice == "yes":
            await desk.login(interaction, self.vendor, replaces=self.generation)
        else:
            await desk.change_nothing(interaction)


class BesideButton(
    AuthButton,
    verb="beside",
    fields=f"(?P<choice>yes|no):(?P<generation>[0-9a-f]*):(?P<replaces>[0-9a-f]*):(?P<vendor>{REST})",
):
    """Answers the question whether a vendor account may be stored a second time.

    `generation` is that of the other logins together. `replaces` is the login that the person had agreed to replace.
    """

    in_place = True

    def __init__(self, language: Language, vendor: str, choice: Answer, generation: str, replaces: str = "") -> None:
        label, style = _BESIDE_BUTTONS[choice]
        super().__init__(language.label(label), style, choice, generation, replaces, vendor)
        self.vendor: str = vendor
        self.choice = choice
        self.generation = generation
        self.replaces = replaces

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        choice = cast("Answer", fields["choice"])
        return cls(language, fields["vendor"], choice, fields["generation"], fields["replaces"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Turn the question into the message of a new login, or change nothing."""
        if self.choice == "yes":
            await desk.login(interaction, self.vendor, replaces=self.replaces or None, beside=self.generation)
        else:
            await desk.change_nothing(interaction)


def conflict_question(
    language: Language, vendor: str, catalogue: Catalogue, conflict: LoginConflictError
) -> ReplyContent:
    """Return the question about the new login at `vendor` and the stored login with which it conflicts.

    Raises:
        NameTooLongError: the vendor's name fits no button.
    """
    title_of = partial(title_meant, language, catalogue)
    if isinstance(conflict, AccountStoredError):
        return beside_question(language, title_of(conflict.tenant), [*map(title_of, conflict.shown)], conflict)
    assert isinstance(conflict, LoginTakenError)  # noqa: S101 - there is no third conflict
    return replace_question(language, vendor, title_of(conflict.tenant), conflict)


def beside_question(language: Language, title: str, titles: Sequence[str], stored: AccountStoredError) -> ReplyContent:
    """Return the question whether an account may be stored a second time; `titles` are those of the logins `shown`.

    Where nobody may know any of the other logins, the question says only that there is one. It must be asked: the
    other person's login could end with this one.

    Raises:
        NameTooLongError: the vendor's name fits no button.
    """
    names = plain(", ".join(titles), _NAMES) if titles else "none"
    lines = [language.say("beside-stored", vendor=plain(title, _NAMES), logins=names), language.say("beside-question")]
    made = (
        BesideButton(language, stored.vendor, choice, stored.generation, stored.replaces or "")
        for choice in _BESIDE_BUTTONS
    )
    return ReplyContent(LINES.join(lines), all_fitting([*made]))


def replace_question(language: Language, vendor: str, title: str, taken: LoginTakenError) -> ReplyContent:
    """Return the question whether a new login may replace another person's; `title` is the vendor's title.

    Raises:
        NameTooLongError: the vendor's name fits no button.
    """
    buttons = [ReplaceButton(language, vendor, choice, taken.generation) for choice in _REPLACE_BUTTONS]
    return ReplyContent(words.ask_replace(language, title, taken), all_fitting(buttons))
