"""The login message: the link, the steps, the button, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import discord

from cogs.auth import words
from cogs.auth.paste_modal import PasteButton, fits, new_flow
from cogs.auth.replies import Answer, answer, edit
from oauth.logins import LoginOffer
from storage.entries import UserId
from storage.errors import OpenabAuthError

_LINK_BUTTON: Final = 512  # characters of a link button's url
_CONTENT: Final = 2000
_DESCRIPTION: Final = 4096
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


def login_message(offer: LoginOffer, flow: str) -> Answer:
    """The message, with the link where it fits whole: on a button, in the text, or in an embed.

    Raises:
        LinkTooLongError: it fits nowhere.
    """
    url = _in_markup(offer.url)
    view = discord.ui.View(timeout=None)
    if fits(offer.vendor.name):
        view.add_item(PasteButton(offer.vendor.name, flow))
    if len(offer.url) <= _LINK_BUTTON:
        view.add_item(discord.ui.Button(label=words.OPEN_BUTTON, url=offer.url))
        text = words.steps(offer, f"Press **{words.OPEN_BUTTON}**")
        copy = f"{text}\nThe same link to copy: <{url}>"
        return Answer(copy if len(copy) <= _CONTENT else text, view=view)
    link = f"[{words.OPEN_BUTTON}](<{url}>)"
    text = words.steps(offer, link)
    if len(text) <= _CONTENT:
        return Answer(text, view=view)
    if len(link) <= _DESCRIPTION:
        return Answer(words.steps(offer, "Open the link below"), discord.Embed(description=link), view)
    raise LinkTooLongError(words.plain(offer.vendor.title, 80), len(offer.url))


def _in_markup(url: str) -> str:
    """The same address without the characters that would end a masked link."""
    for char, escaped in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E"), (" ", "%20")):
        url = url.replace(char, escaped)
    return url


@dataclass(slots=True)
class _Shown:
    interaction: discord.Interaction
    offer: LoginOffer
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
        message = login_message(offer, new_flow(offer.expires_at))
        await self.close(user, offer.vendor.name, words.link_replaced(offer.vendor))
        if await answer(interaction, message):
            key = (user, offer.vendor.name)
            expiry = asyncio.create_task(self._expire(key, offer), name="login message expiry")
            self._shown[key] = _Shown(interaction, offer, expiry)

    async def close(self, user: UserId, vendor: str, text: str) -> None:
        """Replace the login message by `text`, if there is one; it is edited, never deleted (a modal may be open)."""
        shown = self._shown.pop((user, vendor), None)
        if shown is not None:
            shown.expiry.cancel()
            await edit(shown.interaction, Answer(text))

    async def _expire(self, key: tuple[UserId, str], offer: LoginOffer) -> None:
        await asyncio.sleep(max(0.0, min(offer.expires_at - self._clock(), self._editable)))
        shown = self._shown.pop(key)
        await edit(shown.interaction, Answer(words.link_expired(offer)))

    async def aclose(self) -> None:
        """Stop waiting for expiries; the messages stay as they are."""
        tasks = [shown.expiry for shown in self._shown.values()]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
