"""Asks before a logout, before a login replaces another person's, and before an account is stored a second time.

The buttons survive a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Literal, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, plain, title_meant, words
from openab_auth.cogs.auth.views.buttons import REST, AuthButton, PressHandler
from openab_auth.oauth.errors import AccountStoredError, LoginConflictError, LoginTakenError
from openab_auth.oauth.logins import ChosenLogin
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage.errors import OpenabAuthError

LogoutChoice: TypeAlias = Literal["here", "revoke", "keep"]
ReplaceChoice: TypeAlias = Literal["yes", "no"]
_NAMES: Final = 400  # units
_LOGOUT_BUTTONS: Final[Mapping[LogoutChoice, tuple[str, discord.ButtonStyle]]] = {
    "here": ("button-remove", discord.ButtonStyle.danger),
    "revoke": ("button-revoke", discord.ButtonStyle.danger),
    "keep": ("button-keep", discord.ButtonStyle.secondary),
}
_REPLACE_BUTTONS: Final[Mapping[ReplaceChoice, tuple[str, discord.ButtonStyle]]] = {
    "yes": ("button-replace", discord.ButtonStyle.danger),
    "no": ("button-keep", discord.ButtonStyle.secondary),
}
_BESIDE_BUTTONS: Final[Mapping[ReplaceChoice, tuple[str, discord.ButtonStyle]]] = {
    "yes": ("button-beside", discord.ButtonStyle.primary),
    "no": ("button-keep", discord.ButtonStyle.secondary),
}
# Names the login that the question was about. Buttons of an older version have no generation. We read it as an empty
# text, which is the generation of no login.
_OLD_OR_NEW_GENERATION: Final = "(?:(?P<generation>[0-9a-f]{10}):)?"


class NameTooLongError(OpenabAuthError):
    """A button's id cannot hold this name."""

    code = "name_too_long"

    def __init__(self) -> None:
        super().__init__(
            "this name is too long for a Discord button",
            kept="nothing was changed",
            todo="ask the operator to do it with `openab-auth logout` or `openab-auth login`",
        )


class LogoutButton(
    AuthButton, verb="logout", fields=f"(?P<choice>here|revoke|keep):{_OLD_OR_NEW_GENERATION}(?P<tenant>{REST})"
):
    """Answers the question whether to log out."""

    in_place = True

    def __init__(self, language: Language, tenant: str, choice: LogoutChoice, generation: str) -> None:
        label, style = _LOGOUT_BUTTONS[choice]
        super().__init__(language.label(label), style, choice, generation, tenant)
        self.tenant = tenant
        self.choice = choice
        self.generation = generation

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["tenant"], cast("LogoutChoice", fields["choice"]), fields["generation"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """End the login as chosen, or keep it; the question becomes the answer."""
        if self.choice == "keep":
            await desk.keep_login(interaction)
        else:
            await desk.logout(interaction, self.tenant, self.generation, revoke=self.choice == "revoke")


class ReplaceButton(
    AuthButton, verb="replace", fields=f"(?P<choice>yes|no):(?P<generation>[0-9a-f]*):(?P<vendor>{REST})"
):
    """Answers the question whether another person's login may be replaced."""

    in_place = True

    def __init__(self, language: Language, vendor: str, choice: ReplaceChoice, generation: str) -> None:
        label, style = _REPLACE_BUTTONS[choice]
        super().__init__(language.label(label), style, choice, generation, vendor)
        self.vendor: str = vendor
        self.choice = choice
        self.generation = generation

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        return cls(language, fields["vendor"], cast("ReplaceChoice", fields["choice"]), fields["generation"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Turn the question into the login message, or keep the login."""
        if self.choice == "yes":
            await desk.login(interaction, self.vendor, replaces=self.generation)
        else:
            await desk.keep_login(interaction)


class BesideButton(
    AuthButton,
    verb="beside",
    fields=f"(?P<choice>yes|no):(?P<generation>[0-9a-f]*):(?P<replaces>[0-9a-f]*):(?P<vendor>{REST})",
):
    """Answers the question whether a vendor account may be stored a second time.

    `generation` is that of the other logins together. `replaces` is the login that the person had agreed to replace.
    """

    in_place = True

    def __init__(
        self, language: Language, vendor: str, choice: ReplaceChoice, generation: str, replaces: str = ""
    ) -> None:
        label, style = _BESIDE_BUTTONS[choice]
        super().__init__(language.label(label), style, choice, generation, replaces, vendor)
        self.vendor: str = vendor
        self.choice = choice
        self.generation = generation
        self.replaces = replaces

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from its id."""
        choice = cast("ReplaceChoice", fields["choice"])
        return cls(language, fields["vendor"], choice, fields["generation"], fields["replaces"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Turn the question into the message of a new login, or change nothing."""
        if self.choice == "yes":
            await desk.login(interaction, self.vendor, replaces=self.replaces or None, beside=self.generation)
        else:
            await desk.keep_login(interaction)


def logout_question(language: Language, chosen: ChosenLogin) -> ReplyContent:
    """Return the question whether to remove the login here, to revoke it too, or to keep it.

    Raises:
        NameTooLongError: the tenant fits no button.
    """
    choices: list[LogoutChoice] = ["here", "revoke", "keep"] if chosen.revocable else ["here", "keep"]
    buttons = [LogoutButton(language, chosen.state.tenant, choice, chosen.generation) for choice in choices]
    question = words.ask_logout(language, chosen.state, revocable=chosen.revocable, shared_with=chosen.shared_with)
    return ReplyContent(question, _all(buttons))


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
    return ReplyContent(LINES.join(lines), _all([*made]))


def replace_question(language: Language, vendor: str, title: str, taken: LoginTakenError) -> ReplyContent:
    """Return the question whether a new login may replace another person's; `title` is the vendor's title.

    Raises:
        NameTooLongError: the vendor's name fits no button.
    """
    buttons = [ReplaceButton(language, vendor, choice, taken.generation) for choice in _REPLACE_BUTTONS]
    return ReplyContent(words.ask_replace(language, title, taken), _all(buttons))


def _all(buttons: Sequence[AuthButton]) -> tuple[AuthButton, ...]:
    """Return the buttons if all of them fit: a question needs every one of its answers.

    Raises:
        NameTooLongError: a button's id cannot hold the name.
    """
    if not all(button.fits for button in buttons):
        raise NameTooLongError
    return tuple(buttons)
