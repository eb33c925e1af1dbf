"""Answers about the accounts of a thread: shows them, chooses one, and takes agreements. The service checks who may."""

from __future__ import annotations

from functools import partial

import discord

from openab_auth.cogs.auth.guard import caller_of
from openab_auth.cogs.auth.replies import ReplyContent, answer
from openab_auth.cogs.auth.seen_threads import SeenThreads
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import language_of, title_meant
from openab_auth.cogs.auth.views import ThreadHandler, chosen_message, thread_message
from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.threads import ThreadAccount
from openab_auth.storage import ThreadId
from openab_auth.storage.entries import UserId


class ThreadDesk(ThreadHandler):
    """Asks the service, and answers in the person's language. `seen` first stores where the person asks."""

    def __init__(self, service: AuthService, seen: SeenThreads) -> None:
        self._service = service
        self._seen = seen

    async def use(self, interaction: discord.Interaction, word: str, *, chooses: bool) -> None:
        """Choose an account for the thread; without a choice, show which account of the vendor it uses."""
        if not isinstance(interaction.channel, discord.Thread):
            await self._service.logins(caller_of(interaction))  # refuses people who may not use /auth
            await answer(interaction, ReplyContent(language_of(interaction).say("use-not-here")))
            return
        if not chooses:
            await self._show(interaction, word)
            return
        await self._seen.learn(interaction)
        thread, language = ThreadId(interaction.channel.id), language_of(interaction)
        chosen = await self._service.threads.use(caller_of(interaction), thread, word)
        title = title_meant(language, await self._service.catalogue(), chosen.account.name)
        shown = chosen_message(language, title, agreed=chosen.agreed, logged_in=chosen.logged_in)
        await answer(interaction, shown)

    async def drop(self, interaction: discord.Interaction, vendor: str) -> None:
        """Drop the choice of an account of this vendor, and show what the thread uses then."""
        await self._seen.learn(interaction)
        await self._service.threads.drop(caller_of(interaction), ThreadId(interaction.channel_id or 0), vendor)
        await self._show(interaction, vendor)

    async def agree(self, interaction: discord.Interaction, *, everywhere: bool) -> None:
        """Let the person's own accounts serve the thread, and show what it uses then."""
        await self._seen.learn(interaction)
        thread = None if everywhere else ThreadId(interaction.channel_id or 0)
        await self._service.threads.agree(caller_of(interaction), thread)
        await self._show(interaction, None)

    async def accounts(self, interaction: discord.Interaction) -> tuple[ThreadAccount, ...]:
        """Return the accounts of the thread in which the person asks; nothing outside of threads.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        if not isinstance(interaction.channel, discord.Thread):
            return ()
        await self._seen.learn(interaction)
        return await self._service.threads.shown(caller_of(interaction), ThreadId(interaction.channel.id))

    async def _show(self, interaction: discord.Interaction, word: str | None) -> None:
        accounts, catalogue = await self.accounts(interaction), await self._service.catalogue()
        row = vendor_meant(word, catalogue) if word else None
        if row is not None:
            accounts = tuple(one for one in accounts if one.vendor in {row.default_name, row.default_tenant})
        language, user = language_of(interaction), UserId(interaction.user.id)
        title_of = partial(title_meant, language, catalogue)
        shown = thread_message(language, accounts, title_of, user, row.default_name if row else None)
        await answer(interaction, shown)
