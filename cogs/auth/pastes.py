"""Takes pastes from the form, from `/auth complete` and from direct messages, and says each result once.

The result is on the person's login card. Where the card can no longer be edited, it is a new message.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import discord

from openab_auth.cogs.auth.guard import Caller, caller_of
from openab_auth.cogs.auth.replies import ReplyContent, answer, follow_up, retract
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import Language, language_of, login_words
from openab_auth.cogs.auth.views import LoginCards, conflict_question, failure_message, message_key, takes_paste
from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import LoginConflictError, NoPendingLoginError
from openab_auth.oauth.paste.key import is_key
from openab_auth.storage.errors import StorageError

TellResult: TypeAlias = Callable[[ReplyContent | None], Awaitable[object]]
"""Tells a person the result of a paste; None means that it is on the login card."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Hold what a person pasted; a form's `generation` is the pending login that it was opened for."""

    text: str
    vendor: str | None = None
    generation: str | None = None

    def __repr__(self) -> str:
        return f"Paste(vendor={self.vendor!r})"  # without the text, which is a secret


@dataclass(frozen=True, slots=True)
class _Result:
    """Hold the result of a paste.

    With `goes_on`, another paste can finish the login, which is then `waiting`. `lost`: no login waited for the paste.
    """

    message: ReplyContent
    vendor: str | None
    goes_on: bool = False
    waiting: PendingLogin | None = None
    lost: bool = False


class Pastes:
    """Finishes logins, and corrects the login cards."""

    def __init__(self, service: AuthService, cards: LoginCards) -> None:
        self._service = service
        self._cards = cards

    async def expects_key(self, caller: Caller, text: str) -> bool:
        """Return whether a direct message may be the API key for which a login of this person waits."""
        if not is_key(text):
            return False
        try:
            mine = await self._service.still_waiting(caller.user)
        except StorageError:
            return False
        return any(self._service.takes_key(login.vendor) for login in mine)

    async def from_form(self, interaction: discord.Interaction, paste: Paste) -> None:
        """Take the paste of an acknowledged form. The result replaces the card on which the form was opened."""
        card = interaction.message

        async def tell(message: ReplyContent | None) -> None:
            if message is not None:
                await (answer if card is None else follow_up)(interaction, message)

        caller, language = caller_of(interaction), language_of(interaction)
        result = await self._finish(caller, language, paste, "paste")
        if card is not None and result.lost and not takes_paste(card):
            await follow_up(interaction, result.message)  # the card tells how its login ended
        else:
            await self._tell(caller, paste, result, tell, None if card is None else interaction)

    async def from_command(self, interaction: discord.Interaction, paste: Paste) -> None:
        """Take the paste of an acknowledged command."""

        async def tell(message: ReplyContent | None) -> None:
            await (retract(interaction) if message is None else answer(interaction, message))

        caller, language = caller_of(interaction), language_of(interaction)
        result = await self._finish(caller, language, paste, "auth complete")
        if not await self._tell(caller, paste, result, tell, None) and (login := result.waiting):
            vendor = (await self._service.catalogue()).get(login.vendor)
            self._cards.keep(interaction, vendor, result.message, login)

    async def from_message(self, caller: Caller, language: Language, text: str, tell: TellResult) -> None:
        """Take a paste that came as a direct message."""
        paste = Paste(text)
        result = await self._finish(caller, language, paste, "a paste in a DM")
        await self._tell(caller, paste, result, tell, None)

    async def _tell(
        self, caller: Caller, paste: Paste, result: _Result, tell: TellResult, pressed: discord.Interaction | None
    ) -> bool:
        """Say the result on the card, or with `tell`. Return whether it is on the card."""
        about = (caller.user, result.vendor, paste.generation)
        if result.goes_on:
            on_card = await self._cards.correct(*about, result.message.content, pressed)
        else:
            on_card = await self._cards.close(*about, result.message, pressed)
        await tell(None if on_card else result.message)
        return on_card

    async def _finish(self, caller: Caller, language: Language, paste: Paste, doing: str) -> _Result:
        """Finish the login, and describe the result. Every failure is a result, too."""
        try:
            done = await self._service.complete(caller, paste.text, paste.vendor, paste.generation)
        except LoginConflictError as conflict:
            catalogue = await self._service.catalogue()
            found = catalogue.vendor_of(conflict.tenant)
            vendor = found.name if found else conflict.tenant
            return _Result(conflict_question(language, vendor, catalogue, conflict), vendor)
        except Exception as error:  # noqa: BLE001 - nobody above would tell the person
            return await self._failed(caller, language, paste, doing, error)
        text = login_words.logged_in(language, done, shared_serves=self._service.threads.shared_serves)
        return _Result(ReplyContent(text, accent="good"), done.vendor.name)

    async def _failed(self, caller: Caller, language: Language, paste: Paste, doing: str, error: Exception) -> _Result:
        lost = isinstance(error, NoPendingLoginError)
        try:
            mine = await self._service.still_waiting(caller.user)
            named = vendor_meant(paste.vendor, await self._service.catalogue()) if paste.vendor else None
        except StorageError:  # the store cannot be read: nothing has changed
            return _Result(failure_message(language, error, doing, vendor=paste.vendor), paste.vendor, goes_on=True)
        vendor = named.name if named else getattr(error, "vendor", None)
        waiting = [login for login in mine if vendor in {None, login.vendor}]
        waiting = [login for login in waiting if paste.generation in {None, login.generation}]
        login = waiting[0] if len(waiting) == 1 else None
        vendor = login.vendor if login else vendor
        key = message_key(login) if login else None
        message = failure_message(language, error, doing, vendor=vendor, key=key)
        return _Result(message, vendor, goes_on=bool(waiting), waiting=login, lost=lost)
