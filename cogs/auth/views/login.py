"""The login message: the link, the steps, the button, and what becomes of it."""

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
from openab_auth.oauth.flows.offer import LoginOffer
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

_PASTED: Final = frozenset({"pkce", "command"})  # flows that a paste may end
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


def login_message(language: Language, offer: LoginOffer, key: str) -> ReplyContent:
    """The message, with the link where it fits whole: on a button, in the text, or in an embed.

    Raises:
        LinkTooLongError: it fits nowhere.
    """
    view = discord.ui.View(timeout=None)
    steps = words.code_steps if offer.waits else words.steps
    on_button = units(offer.url) <= LINK_BUTTON
    if on_button:
        view.add_item(discord.ui.Button(label=language.label("button-open"), url=offer.url))
    if offer.vendor.flow in _PASTED and fits(offer.vendor.name):
        view.add_item(PasteButton(language, offer.vendor.name, key))
    if not offer.waits:  # else nothing has to be copied
        view.add_item(HowButton(language, "dead" if words.ends_on_dead_page(offer.vendor) else "code"))
    # The catalogue does not see the link: Fluent takes no value of more than 1000 characters.
    page = link(words.page_of(language, offer.vendor), offer.url)
    if on_button:
        text = steps(language, offer, language.say("login-open-button"))
        below = LINES.join([text, Markup(" ").join([language.say("login-copy"), page])])
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
    """The login messages on people's screens, each edited once: when it is done, replaced, cancelled or expired.

    In memory only. After a restart the old messages stay as they are, and their buttons answer for themselves.
    """

    def __init__(self, clock: Callable[[], float], *, editable: float = EDITABLE) -> None:
        self._clock = clock
        self._editable = editable
        self._shown: dict[tuple[UserId, str], _Shown] = {}

    async def show(
        self, interaction: discord.Interaction, offer: LoginOffer, ending: Callable[[], Awaitable[ReplyContent | None]]
    ) -> None:
        """Answer with the login message, and take back the same person's older one for this vendor.

        Where the offer `waits`, `ending` gives what the message says in the end, or None if others will say it.

        Raises:
            LinkTooLongError: there is no way to show the link.
        """
        user = UserId(interaction.user.id)
        language = language_of(interaction)
        message = login_message(language, offer, message_key(offer))
        replaced = ReplyContent(words.about(language, "login-link-replaced", offer.vendor))
        await self.close(user, offer.vendor.name, replaced)
        if await answer(interaction, message):
            key = (user, offer.vendor.name)
            conclusion = asyncio.create_task(self._conclude(key, offer, ending), name="login message")
            other = self._shown.get(key)  # of a command that came at the same time
            self._shown[key] = _Shown(interaction, conclusion)
            await self._edit(other, replaced)

    async def close(self, user: UserId, vendor: str, message: ReplyContent) -> None:
        """Make `message` of the login message, if there is one; it is edited, never deleted (a modal may be open)."""
        await self._edit(self._shown.pop((user, vendor), None), message)

    async def _edit(self, shown: _Shown | None, message: ReplyContent) -> None:
        if shown is not None:
            shown.conclusion.cancel()
            await edit(shown.interaction, message)

    async def _conclude(
        self, key: tuple[UserId, str], offer: LoginOffer, ending: Callable[[], Awaitable[ReplyContent | None]]
    ) -> None:
        """Say how the login ended, or that it has expired, while the message can still be edited."""
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
        """Stop waiting for their ends; the messages stay as they are."""
        tasks = [shown.conclusion for shown in self._shown.values()]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
