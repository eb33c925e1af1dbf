"""Login cards: each login has one message, which is corrected in place until the login ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import discord
from discord import ui

from openab_auth.cogs.auth.replies import ACCENTS, Button, ReplyContent, answer, edit
from openab_auth.cogs.auth.text import Markup, fits_card, language_of, words
from openab_auth.cogs.auth.views.buttons import new_link
from openab_auth.cogs.auth.views.login.message import login_message
from openab_auth.cogs.auth.views.login.paste_form import Expiring, PasteButton, message_key
from openab_auth.oauth.flows import LoginOffer
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import UserId

EDITABLE: Final = 15 * 60 - 15.0  # seconds in which Discord lets us edit a command's answer, with a margin
_MOST_REMEMBERED: Final = 1000  # cards whose login has ended

Ending = Callable[[], Awaitable[ReplyContent | None]]


@dataclass(slots=True)
class _Shown:
    interaction: discord.Interaction
    generation: str  # of the pending login
    card: ReplyContent
    conclusion: asyncio.Task[None]


class LoginCards:
    """Corrects each login card in place: after a mistake, and when the login is done, replaced, cancelled or expired.

    It keeps the cards in memory only. After a restart their buttons still work, and a form corrects the card on which
    it was opened.
    """

    def __init__(self, clock: Callable[[], float], *, editable: float = EDITABLE) -> None:
        self._clock = clock
        self._editable = editable
        self._shown: dict[tuple[UserId, str], _Shown] = {}
        self._told: dict[tuple[UserId, str], None] = {}  # logins without a paste whose end is on their card

    async def show(self, interaction: discord.Interaction, offer: LoginOffer, ending: Ending) -> None:
        """Answer with the login card, and close the person's older card for this vendor.

        If the offer `waits`, `ending` waits for the end of the login and returns the card's last content. None means
        that another request edits the card.

        Raises:
            LinkTooLongError: the link fits nowhere in a message.
        """
        user = UserId(interaction.user.id)
        language = language_of(interaction)
        card = login_message(language, offer, message_key(offer))
        replaced = ReplyContent(words.about(language, "login-link-replaced", offer.vendor))
        await self.close(user, offer.vendor.name, None, replaced)
        self._told.pop((user, offer.vendor.name), None)
        if await answer(interaction, card):
            other = self._keep(interaction, offer.vendor, card, offer, ending if offer.waits else None)
            await self._end(other, replaced)  # another command came at the same time

    def keep(self, interaction: discord.Interaction, vendor: Vendor, card: ReplyContent, login: Expiring) -> None:
        """Take over a card that says only a mistake: the next mistake, or the end of the login, will replace it."""
        self._stop(self._keep(interaction, vendor, replace(card, content=Markup()), login, None))

    def _keep(
        self,
        interaction: discord.Interaction,
        vendor: Vendor,
        card: ReplyContent,
        login: Expiring,
        ending: Ending | None,
    ) -> _Shown | None:
        key = (UserId(interaction.user.id), vendor.name)
        conclusion = asyncio.create_task(self._conclude(key, vendor, login.expires_at, ending), name="login card")
        other, self._shown[key] = self._shown.get(key), _Shown(interaction, login.generation, card, conclusion)
        return other

    async def amend(self, user: UserId, vendor: str, card: ReplyContent) -> None:
        """Replace the content of a card whose login goes on."""
        if shown := self._shown.get((user, vendor)):
            shown.card = card
            await edit(shown.interaction, card)

    async def correct(
        self,
        user: UserId,
        vendor: str | None,
        generation: str | None,
        mistake: Markup,
        pressed: discord.Interaction | None = None,
    ) -> bool:
        """Say a mistake on the card of a login that goes on; its buttons stay. Return False if that is not possible.

        A missing `vendor` means the person's only card. `pressed` is the interaction of a form that was opened on the
        card; the form's login has this `generation`.
        """
        shown = self._find(user, vendor, generation)
        base = shown.card if shown else card_of(pressed.message) if pressed and pressed.message else None
        if base is None:
            return False
        card = replace(base, mistake=mistake, accent="bad")
        if not fits_card(*card.texts):
            return False
        return await self._replace(shown, card, pressed)

    async def close(
        self,
        user: UserId,
        vendor: str | None,
        generation: str | None,
        message: ReplyContent,
        pressed: discord.Interaction | None = None,
    ) -> bool:
        """Replace the card with `message`, because its login is over. Return False if that is not possible.

        A card is never deleted: a form may be open on it.
        """
        shown = self._find(user, vendor, generation)
        if shown is not None:
            self._shown = {key: each for key, each in self._shown.items() if each is not shown}
        elif vendor is not None and (user, vendor) in self._told and pressed is None:
            return True
        self._stop(shown)
        return await self._replace(shown, message, pressed)

    def _find(self, user: UserId, vendor: str | None, generation: str | None) -> _Shown | None:
        """Return the person's card for this vendor, or their only card."""
        if vendor is not None:
            shown = self._shown.get((user, vendor))
            return shown if shown and generation in {None, shown.generation} else None
        mine = [shown for (owner, _), shown in self._shown.items() if owner == user]
        return mine[0] if len(mine) == 1 else None

    async def _replace(self, shown: _Shown | None, message: ReplyContent, pressed: discord.Interaction | None) -> bool:
        """Show `message` on the card, by the form's own interaction if there is one: it is the younger one."""
        if pressed is not None and await answer(pressed, message, in_place=True):
            if shown is not None:
                shown.interaction = pressed
            return True
        return shown is not None and await edit(shown.interaction, message)

    async def _end(self, shown: _Shown | None, message: ReplyContent) -> None:
        self._stop(shown)
        if shown is not None:
            await edit(shown.interaction, message)

    @staticmethod
    def _stop(shown: _Shown | None) -> None:
        if shown is not None:
            shown.conclusion.cancel()

    async def _conclude(self, key: tuple[UserId, str], vendor: Vendor, expires_at: int, ending: Ending | None) -> None:
        """Edit the card when the login ends or expires, while Discord still allows an edit."""
        message = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self._editable):
                message = await ending() if ending else None
                if message is None:
                    await asyncio.sleep(max(0.0, expires_at - self._clock()))
        shown = self._shown.pop(key)
        if message is None:
            language = language_of(shown.interaction)
            expired = "login-code-expired" if ending else "login-link-expired"
            message = ReplyContent(words.about(language, expired, vendor), new_link(language, vendor.name))
        else:
            self._told[key] = None
            if len(self._told) > _MOST_REMEMBERED:
                del self._told[next(iter(self._told))]
        if not await edit(shown.interaction, message):
            self._told.pop(key, None)

    async def aclose(self) -> None:
        """Stop waiting for logins to end. The cards stay as they are."""
        tasks = [shown.conclusion for shown in self._shown.values()]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def card_of(message: discord.Message) -> ReplyContent:
    """Return what a message of this bot shows, so that it can be shown again: its last text and its buttons.

    A mistake is left out: it is above the text, or it is all that a red card says.
    """
    parts = list(_walk(message.components))
    texts = [part.content for part in parts if isinstance(part, discord.TextDisplay)] or [message.content]
    buttons: tuple[Button, ...] = tuple(
        ui.Button.from_component(part) for part in parts if isinstance(part, discord.Button)
    )
    colours = [part.accent_colour for part in parts if isinstance(part, discord.Container)]
    alone = len(texts) == 1 and colours == [ACCENTS["bad"]]
    text = Markup("" if alone else texts[-1])  # we wrote the text: it is escaped
    return ReplyContent(text, buttons, accent="waits")


def takes_paste(message: discord.Message) -> bool:
    """Return whether a message has a button for the paste, so that its login may still wait."""
    ids = (part.custom_id for part in _walk(message.components) if isinstance(part, discord.Button))
    return any(custom_id and custom_id.startswith(f"auth:{PasteButton.verb}:") for custom_id in ids)


def _walk(parts: list[discord.Component] | tuple[discord.Component, ...]) -> Iterator[discord.Component]:
    for part in parts:
        yield part
        yield from _walk(getattr(part, "children", ()))
