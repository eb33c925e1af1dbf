"""The base class of all buttons, and the button that begins a login.

A button keeps everything it needs in its `custom_id`, so it still works after the bot has restarted.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Final, Literal, Protocol, Self, TypeAlias, cast

import discord

from openab_auth.cogs.auth.connections import HostBot
from openab_auth.cogs.auth.replies import COG, acknowledge
from openab_auth.cogs.auth.text import Language, fits_button, label, language_of
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

LastPage: TypeAlias = Literal["dead", "code"]  # where a login ends in the browser
REST: Final = "(?s:.+)"  # a name that operators or vendors choose; it may hold any character
_MOST_BUTTONS: Final = 25  # Discord's limit for one message
_TITLE: Final = 60  # units; Discord allows 80 for the whole label


class NameTooLongError(OpenabAuthError):
    """A button's id cannot hold this name."""

    code = "name_too_long"

    def __init__(self) -> None:
        super().__init__(
            "this name is too long for a Discord button",
            kept="nothing was changed",
            todo="ask the operator to do it with `openab-auth logout` or `openab-auth login`",
        )


class PersonHandler(Protocol):
    """Handles the presses of the buttons that end everything of one person."""

    async def ask(self, interaction: discord.Interaction, person: UserId) -> None:
        """Ask whether to end everything of this person."""
        ...

    async def end(self, interaction: discord.Interaction, person: UserId, key: str, *, revoke: bool) -> None:
        """End everything that the question with this key named, at the vendors too if `revoke` is set."""
        ...


class ThreadHandler(Protocol):
    """Handles the presses of the buttons about the accounts of a thread."""

    async def drop(self, interaction: discord.Interaction, vendor: str) -> None:
        """Drop the choice of an account of this vendor in the thread."""
        ...

    async def agree(self, interaction: discord.Interaction, *, everywhere: bool) -> None:
        """Let the person's own accounts serve the thread, or with `everywhere` all threads that the person starts."""
        ...


class PressHandler(Protocol):
    """Handles the presses of all buttons; the front desk implements it."""

    people: PersonHandler
    threads: ThreadHandler

    def takes(self, interaction: discord.Interaction) -> bool:
        """Return False if Discord has delivered this interaction before."""
        ...

    def takes_key(self, vendor: str) -> bool:
        """Return whether people end a login to this vendor with an API key."""
        ...

    def answering(
        self, interaction: discord.Interaction, doing: str, vendor: str | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Turn a failure inside the block into an answer."""
        ...

    async def login(
        self,
        interaction: discord.Interaction,
        vendor: str,
        *,
        replaces: str | None = None,
        beside: str | None = None,
    ) -> None:
        """Begin a login; it may replace another person's login of the generation `replaces`.

        It may be stored beside the other logins of its vendor account if `beside` is their generation together.
        """
        ...

    async def ask_access(self, interaction: discord.Interaction) -> None:
        """Ask the operators to let this person use /auth."""
        ...

    async def answer_request(self, interaction: discord.Interaction, request: str) -> None:
        """Begin the login that an agent has asked for; `request` is the id of the request."""
        ...

    async def change_nothing(self, interaction: discord.Interaction) -> None:
        """Say that nothing was changed."""
        ...

    async def how(self, interaction: discord.Interaction, page: LastPage) -> None:
        """Show on the login card how to copy the address or the code."""
        ...

    async def cancel_in_status(self, interaction: discord.Interaction, vendor: str, generation: str) -> None:
        """Cancel the pending login of this generation and show the status again."""
        ...

    async def logout(self, interaction: discord.Interaction, tenant: str, generation: str, *, revoke: bool) -> None:
        """Remove the login of this generation, and revoke it at the vendor if `revoke` is set."""
        ...


class _CogWithDesk(Protocol):
    desk: PressHandler


def desk_of(interaction: discord.Interaction) -> PressHandler:
    """Return the loaded cog's front desk. Buttons are registered only while the cog is loaded."""
    return cast("_CogWithDesk", cast("HostBot", interaction.client).get_cog(COG)).desk


class AuthButton(discord.ui.DynamicItem[discord.ui.Button[Any]], ABC, template="auth:"):
    """A button with the id `auth:<verb>:<values>`.

    A subclass names its `verb` and its `fields`, a regular expression with one named group for each value. `read` makes
    the button from these values, and `press` handles a press. Everything else is the same for every button.
    """

    verb: ClassVar[str]
    template_text: ClassVar[str]
    opens_form: ClassVar[bool] = False  # a form is its own acknowledgement; Discord takes it only as the first response
    in_place: ClassVar[bool] = False  # the answer replaces the message that bears the button
    vendor: str | None = None  # named in the answer's next button if the press fails

    def __init_subclass__(cls, *, verb: str, fields: str) -> None:
        """Compose the template by which discord.py recognizes the button."""
        cls.verb, cls.template_text = verb, rf"auth:{verb}:{fields}"
        super().__init_subclass__(template=cls.template_text)

    def __init__(self, text: str, style: discord.ButtonStyle, *values: str) -> None:
        super().__init__(discord.ui.Button(label=text, style=style, custom_id=self.id_of(*values)))

    @classmethod
    def id_of(cls, *values: str) -> str:
        """Return the `custom_id` for these values."""
        return ":".join(("auth", cls.verb, *values))

    @classmethod
    @abstractmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again from the fields in its id; a missing field is empty."""

    @abstractmethod
    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Handle the press. The service checks whether this person may do it."""

    @property
    def fits(self) -> bool:
        """Return whether Discord accepts an id of this length."""
        return fits_button(self.custom_id)

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, _item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button again from the id that came with the press."""
        return cls.read(language_of(interaction), match.groupdict(""))

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Ignore a press that Discord has delivered before."""
        return desk_of(interaction).takes(interaction)

    async def callback(self, interaction: discord.Interaction) -> None:
        """Acknowledge the press, then handle it; a failure becomes the answer."""
        desk = desk_of(interaction)
        if self.opens_form:
            await self.press(desk, interaction)
            return
        async with desk.answering(interaction, self.verb, self.vendor):
            if await acknowledge(interaction, in_place=self.in_place):
                await self.press(desk, interaction)


def fitting(buttons: Iterable[AuthButton]) -> tuple[AuthButton, ...]:
    """Return the buttons whose ids fit, as many as a message holds."""
    return tuple(button for button in buttons if button.fits)[:_MOST_BUTTONS]


def all_fitting(buttons: Sequence[AuthButton]) -> tuple[AuthButton, ...]:
    """Return the buttons if all of them fit: a question needs every one of its answers.

    Raises:
        NameTooLongError: a button's id cannot hold the name.
    """
    if not all(button.fits for button in buttons):
        raise NameTooLongError
    return tuple(buttons)


class LoginButton(AuthButton, verb="login", fields=f"(?P<vendor>{REST})"):
    """Begins a login, as `/auth login` does. Without a `title` it offers a new link."""

    def __init__(self, language: Language, vendor: str, title: str | None = None) -> None:
        name = label(title, _TITLE) if title else ""
        text = language.label("button-login", vendor=name) if name else language.label("button-new-link")
        super().__init__(text, discord.ButtonStyle.primary, vendor)
        self.vendor: str = vendor

    @classmethod
    def read(cls, language: Language, fields: Mapping[str, str]) -> Self:
        """Make the button again; it then says "Get a new link"."""
        return cls(language, fields["vendor"])

    async def press(self, desk: PressHandler, interaction: discord.Interaction) -> None:
        """Begin a login in a message of its own."""
        await desk.login(interaction, self.vendor)


def new_link(language: Language, vendor: str) -> tuple[AuthButton, ...]:
    """Return the button for a new link, or nothing if the vendor's name is too long for a button."""
    return fitting([LoginButton(language, vendor)])
