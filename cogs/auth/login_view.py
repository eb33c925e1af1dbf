"""The login message: the link, the steps, the button, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import discord

from cogs.auth import words
from cogs.auth.language import Language, language_of
from cogs.auth.limits import CONTENT, DESCRIPTION, LINK_BUTTON, units
from cogs.auth.login_button import new_link
from cogs.auth.paste_modal import PasteButton, fits, new_flow
from cogs.auth.replies import Answer, answer, edit
from oauth.logins import LoginOffer
from storage.entries import UserId
from storage.errors import OpenabAuthError

EDITABLE: Final = 15 * 60 - 15.0  # seconds after the command in which its answer can still be edited, with a margin


class LinkTooLongError(OpenabAuthError):
    """No part of a Discord message can hold this link, and a shortened link logs nobody in."""

    code = "link_too_long"

    def __init__(self, vendor: str, length: int) -> None:
        super().__init__(
            f"the login link to {vendor} has {length} characters, more than a Discord message holds",
            kept="nothing was changed",
            todo="ask the operator to request fewer scopes, or to log in with `openab-auth login`",
        )
        self.vendor = vendor
        self.length = length


def login_message(language: Language, offer: LoginOffer, flow: str) -> Answer:
    """The message, with the link where it fits whole: on a button, in the text, or in an embed.

    Raises:
        LinkTooLongError: it fits nowhere.
    """
    view = discord.ui.View(timeout=None)
    on_button = units(offer.url) <= LINK_BUTTON
    if on_button:
        view.add_item(discord.ui.Button(label=language.say("button-open"), url=offer.url))
    if fits(offer.vendor.name):
        view.add_item(PasteButton(language, offer.vendor.name, flow))
    # The catalogue does not see the link: Fluent takes no value of more than 1000 characters.
    link = f"[{words.about(language, 'login-page', offer.vendor)}](<{_in_markup(offer.url)}>)"
    if on_button:
        text = words.steps(language, offer, language.say("login-open-button"))
        below = f"{text}\n{language.say('login-copy')} {link}"
        return Answer(below if units(below) <= CONTENT else text, view=view)
    text = words.steps(language, offer, language.say("login-open-below"))
    below = f"{text}\n{link}"
    if units(below) <= CONTENT:
        return Answer(below, view=view)
    if units(link) <= DESCRIPTION:
        return Answer(text, discord.Embed(description=link), view)
    raise LinkTooLongError(offer.vendor.title, len(offer.url))


def _in_markup(url: str) -> str:
    """The same address without the characters that would end a masked link."""
    for char, escaped in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E"), (" ", "%20")):
        url = url.replace(char, escaped)
    return url


@dataclass(slots=True)
class _Shown:
    interaction: discord.Interaction
    expiry: asyncio.Task[None]


class LoginMessages:
    """The login messages on people's screens, each edited once: when it is done, replaced, cancelled or expired.

    In memory only. After a restart the old messages stay as they are, and their buttons answer for themselves.
    """

    def __init__(self, clock: Callable[[], float], *, editable: float = EDITABLE) -> None:
        self._clock = clock
        self._editable = editable
        self._shown: dict[tuple[UserId, str], _Shown] = {}

    async def show(self, interaction: discord.Interaction, offer: LoginOffer) -> None:
        """Answer with the login message, and take back the same person's older one for this vendor.

        Raises:
            LinkTooLongError: there is no way to show the link.
        """
        user = UserId(interaction.user.id)
        language = language_of(interaction)
        message = login_message(language, offer, new_flow(offer.expires_at))
        replaced = Answer(words.about(language, "login-link-replaced", offer.vendor))
        await self.close(user, offer.vendor.name, replaced)
        if await answer(interaction, message):
            key = (user, offer.vendor.name)
            expiry = asyncio.create_task(self._expire(key, offer), name="login message expiry")
            other = self._shown.get(key)  # of a command that came at the same time
            self._shown[key] = _Shown(interaction, expiry)
            await self._edit(other, replaced)

    async def close(self, user: UserId, vendor: str, message: Answer) -> None:
        """Make `message` of the login message, if there is one; it is edited, never deleted (a modal may be open)."""
        await self._edit(self._shown.pop((user, vendor), None), message)

    async def _edit(self, shown: _Shown | None, message: Answer) -> None:
        if shown is not None:
            shown.expiry.cancel()
            await edit(shown.interaction, message)

    async def _expire(self, key: tuple[UserId, str], offer: LoginOffer) -> None:
        await asyncio.sleep(max(0.0, min(offer.expires_at - self._clock(), self._editable)))
        shown = self._shown.pop(key)
        language = language_of(shown.interaction)
        text = words.about(language, "login-link-expired", offer.vendor)
        await edit(shown.interaction, Answer(text, view=new_link(language, offer.vendor.name)))

    async def aclose(self) -> None:
        """Stop waiting for expiries; the messages stay as they are."""
        tasks = [shown.expiry for shown in self._shown.values()]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
