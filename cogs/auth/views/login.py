"""The login message: the link, the steps, the buttons, and the edits until the login ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import discord

from openab_auth.cogs.auth.replies import ReplyContent, answer, edit
from openab_auth.cogs.auth.text import (
    CONTENT,
    DESCRIPTION,
    LINES,
    LINK_BUTTON,
    Language,
    Markup,
    embed,
    language_of,
    link,
    units,
    words,
)
from openab_auth.cogs.auth.views.buttons import new_link
from openab_auth.cogs.auth.views.how import HowButton
from openab_auth.cogs.auth.views.paste_form import PasteButton, fits, message_key
from openab_auth.oauth.flows import LoginOffer
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

EDITABLE: Final = 15 * 60 - 15.0  # seconds in which Discord lets us edit a command's answer, with a margin


class LinkTooLongError(OpenabAuthError):
    """This link is too long for every part of a Discord message, and a shortened link would not work."""

    code = "link_too_long"

    def __init__(self, vendor: str, length: int) -> None:
        super().__init__(
            f"the login link to {vendor} has {length} characters, more than a Discord message holds",
            kept="nothing was changed",
            todo="ask the operator to request fewer scopes, or to log in with `openab-auth login`",
        )
        self.vendor = vendor
        self.length = length


def login_message(language: Language, offer: LoginOffer, key: str) -> ReplyContent:
    """Return the message with the whole link on a button, in the text, or in an embed, wherever it fits.

    Raises:
        LinkTooLongError: the link fits nowhere.
    """
    view = discord.ui.View(timeout=None)
    steps = words.code_steps if offer.waits else words.steps
    on_button = units(offer.url) <= LINK_BUTTON
    if on_button:
        view.add_item(discord.ui.Button(label=language.label("button-open"), url=offer.url))
    if offer.takes_paste and fits(offer.vendor.name):
        view.add_item(PasteButton(language, offer.vendor.name, key))
    if not offer.waits:  # otherwise there is nothing to copy
        view.add_item(HowButton(language, "dead" if words.ends_on_dead_page(offer.vendor) else "code"))
    # The link is no value of a message: Fluent takes at most 1000 characters.
    page = link(words.page_of(language, offer.vendor), offer.url)
    if on_button:
        text = steps(language, offer, language.say("login-open-button"))
        below = LINES.join([text, Markup(" ").join([language.say("login-copy-link"), page])])
        return ReplyContent(below if units(below) <= CONTENT else text, view=view)
    text = steps(language, offer, language.say("login-open-below"))
    below = LINES.join([text, page])
    if units(below) <= CONTENT:
        return ReplyContent(below, view=view)
    if units(page) <= DESCRIPTION:
        return ReplyContent(text, embed(page), view)
    raise LinkTooLongError(offer.vendor.title, len(offer.url))


@dataclass(slots=True)
class _Shown:
    interaction: discord.Interaction
    conclusion: asyncio.Task[None]


class LoginMessages:
    """Edits each login message once: when the login is done, replaced, cancelled or expired.

    It keeps the messages in memory only. After a restart old messages stay as they are, and their buttons still work.
    """

    def __init__(self, clock: Callable[[], float], *, editable: float = EDITABLE) -> None:
        self._clock = clock
        self._editable = editable
        self._shown: dict[tuple[UserId, str], _Shown] = {}

    async def show(
        self, interaction: discord.Interaction, offer: LoginOffer, ending: Callable[[], Awaitable[ReplyContent | None]]
    ) -> None:
        """Answer with the login message, and close the person's older message for this vendor.

        If the offer `waits`, `ending` waits for the end of the login and returns the message's last content. None means
        that another request edits the message.

        Raises:
            LinkTooLongError: the link fits nowhere in a message.
        """
        user = UserId(interaction.user.id)
        language = language_of(interaction)
        message = login_message(language, offer, message_key(offer))
        replaced = ReplyContent(words.about(language, "login-link-replaced", offer.vendor))
        await self.close(user, offer.vendor.name, replaced)
        if await answer(interaction, message):
            key = (user, offer.vendor.name)
            conclusion = asyncio.create_task(self._conclude(key, offer, ending), name="login message")
            other = self._shown.get(key)  # another command came at the same time
            self._shown[key] = _Shown(interaction, conclusion)
            await self._edit(other, replaced)

    async def close(self, user: UserId, vendor: str, message: ReplyContent) -> None:
        """Replace the login message with `message`, if there is one. It is never deleted: a modal may be open on it."""
        await self._edit(self._shown.pop((user, vendor), None), message)

    async def _edit(self, shown: _Shown | None, message: ReplyContent) -> None:
        if shown is not None:
            shown.conclusion.cancel()
            await edit(shown.interaction, message)

    async def _conclude(
        self, key: tuple[UserId, str], offer: LoginOffer, ending: Callable[[], Awaitable[ReplyContent | None]]
    ) -> None:
        """Edit the message when the login ends or expires, while Discord still allows an edit."""
        message = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self._editable):
                message = await ending() if offer.waits else None
                if message is None:
                    await asyncio.sleep(max(0.0, offer.expires_at - self._clock()))
        shown = self._shown.pop(key)
        if message is None:
            language = language_of(shown.interaction)
            expired = "login-code-expired" if offer.waits else "login-link-expired"
            text = words.about(language, expired, offer.vendor)
            message = ReplyContent(text, view=new_link(language, offer.vendor.name))
        await edit(shown.interaction, message)

    async def aclose(self) -> None:
        """Stop waiting for logins to end. The messages stay as they are."""
        tasks = [shown.conclusion for shown in self._shown.values()]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
