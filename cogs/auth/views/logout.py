"""The questions before a logout and before another person's login is replaced, as buttons that survive a restart."""

from __future__ import annotations

import re
from typing import Final, Self, cast

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import words
from openab_auth.cogs.auth.text.language import Language, language_of
from openab_auth.cogs.auth.text.limits import fits_button
from openab_auth.cogs.auth.views.buttons import LogoutChoice, TakenOnce, desk_of
from openab_auth.oauth.client.discovery import needs_discovery
from openab_auth.oauth.errors import LoginTakenError
from openab_auth.oauth.logins.status import LoginState
from openab_auth.storage.errors import OpenabAuthError

# A button is about the login of one generation. One of an older version names none, and then means no login at all.
_LOGOUT: Final = r"auth:logout:(?P<choice>here|revoke|keep):(?:(?P<generation>[0-9a-f]{10}):)?(?P<tenant>(?s:.+))"
_REPLACE: Final = r"auth:replace:(?P<choice>yes|no):(?P<generation>[0-9a-f]*):(?P<vendor>(?s:.+))"
_LOGOUT_BUTTONS: Final = {
    "here": ("button-remove", discord.ButtonStyle.danger),
    "revoke": ("button-revoke", discord.ButtonStyle.danger),
    "keep": ("button-keep", discord.ButtonStyle.secondary),
}
_REPLACE_BUTTONS: Final = {
    "yes": ("button-replace", discord.ButtonStyle.danger),
    "no": ("button-keep", discord.ButtonStyle.secondary),
}


class NameTooLongError(OpenabAuthError):
    """A button's id cannot hold this name."""

    code = "name_too_long"

    def __init__(self) -> None:
        super().__init__(
            "this name is too long for a Discord button",
            kept="nothing was changed",
            todo="ask the operator to do it with `openab-auth logout` or `openab-auth login`",
        )


class LogoutButton(TakenOnce, discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=_LOGOUT):
    """One of the answers to "log out?"."""

    def __init__(self, language: Language, tenant: str, choice: LogoutChoice, generation: str) -> None:
        label, style = _LOGOUT_BUTTONS[choice]
        custom_id = f"auth:logout:{choice}:{generation}:{tenant}"
        super().__init__(discord.ui.Button(label=language.label(label), style=style, custom_id=custom_id))
        self.tenant = tenant
        self.choice = choice
        self.generation = generation

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        """The button again, from the id that came with the press."""
        choice, generation = cast("LogoutChoice", match["choice"]), match["generation"] or ""
        return cls(language_of(interaction), match["tenant"], choice, generation)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press to the cog, which asks again whether this person may."""
        await desk_of(interaction).logout_pressed(interaction, self.tenant, self.choice, self.generation)


class ReplaceButton(TakenOnce, discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=_REPLACE):
    """One of the answers to "replace that person's login?"."""

    def __init__(self, language: Language, vendor: str, choice: str, generation: str) -> None:
        label, style = _REPLACE_BUTTONS[choice]
        custom_id = f"auth:replace:{choice}:{generation}:{vendor}"
        super().__init__(discord.ui.Button(label=language.label(label), style=style, custom_id=custom_id))
        self.vendor = vendor
        self.choice = choice
        self.generation = generation

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[discord.ui.View], match: re.Match[str], /
    ) -> Self:
        """The button again, from the id that came with the press."""
        return cls(language_of(interaction), match["vendor"], match["choice"], match["generation"])

    async def callback(self, interaction: discord.Interaction) -> None:
        """Hand the press to the cog."""
        await desk_of(interaction).replace_pressed(interaction, self.vendor, self.choice, self.generation)


def logout_question(language: Language, state: LoginState) -> ReplyContent:
    """Remove it here, revoke it too, or keep it; and what each of them ends.

    Raises:
        NameTooLongError: the tenant fits no button.
    """
    vendor = state.vendor
    revocable = vendor is not None and (bool(vendor.revoke_url) or needs_discovery(vendor))
    choices: list[LogoutChoice] = ["here", "revoke", "keep"] if revocable else ["here", "keep"]
    view = discord.ui.View(timeout=None)
    for choice in choices:
        view.add_item(_fitting(LogoutButton(language, state.tenant, choice, state.generation)))
    return ReplyContent(words.ask_logout(language, state, revocable=revocable), view=view)


def replace_question(language: Language, vendor: str, title: str, taken: LoginTakenError) -> ReplyContent:
    """Whose login it is that would be replaced; `title` is how the vendor is called.

    Raises:
        NameTooLongError: the vendor's name fits no button.
    """
    view = discord.ui.View(timeout=None)
    for choice in _REPLACE_BUTTONS:
        view.add_item(_fitting(ReplaceButton(language, vendor, choice, taken.generation)))
    return ReplyContent(words.ask_replace(language, title, taken), view=view)


def _fitting(
    button: discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
) -> discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]]:
    if not fits_button(button.custom_id):
        raise NameTooLongError
    return button
