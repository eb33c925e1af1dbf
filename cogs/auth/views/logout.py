"""Asks before a logout. The buttons survive a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import Language, words
from openab_auth.cogs.auth.views.buttons import REST, AuthButton, PressHandler, all_fitting
from openab_auth.oauth.logins import LoginDetails

LogoutChoice: TypeAlias = Literal["here", "revoke", "keep"]
_LOGOUT_BUTTONS: Final[Mapping[LogoutChoice, tuple[str, discord.ButtonStyle]]] = {
    "here": ("button-remove", discord.ButtonStyle.danger),
    "revoke": ("button-revoke", discord.ButtonStyle.danger),
    "keep": ("button-keep", discord.ButtonStyle.secondary),
}
# Names the login that the question was about. Buttons of an older version have no generation. We read it as an empty
# text, which is the generation of no login.
_OLD_OR_NEW_GENERATION: Final = "(?:(?P<generation>[0-9a-f]{10}):)?"


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
            await desk.change_nothing(interaction)
        else:
            await desk.logout(interaction, self.tenant, self.generation, revoke=self.choice == "revoke")


def logout_question(language: Language, login: LoginDetails, title_of: Callable[[str], str] = str) -> ReplyContent:
    """Return the question whether to remove the login here, to revoke it too, or to keep it.

    Raises:
        NameTooLongError: the tenant fits no button.
    """
    choices: list[LogoutChoice] = ["here", "revoke", "keep"] if login.revocable else ["here", "keep"]
    buttons = [LogoutButton(language, login.state.tenant, choice, login.generation) for choice in choices]
    question = words.ask_logout(
        language, login.state, revocable=login.revocable, shared_with=login.shared_with, title_of=title_of
    )
    return ReplyContent(question, all_fitting(buttons))
