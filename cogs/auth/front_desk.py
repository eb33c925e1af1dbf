"""The front desk takes requests from commands, buttons, forms and direct messages, and shows the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import discord

from openab_auth.cogs.auth.guard import AccessDeniedError, caller_of
from openab_auth.cogs.auth.pastes import Paste, Pastes
from openab_auth.cogs.auth.people import PeopleDesk, name_of
from openab_auth.cogs.auth.replies import LOST, ReplyContent, acknowledge, answer, is_unanswerable, reason, send
from openab_auth.cogs.auth.seen_threads import SeenThreads
from openab_auth.cogs.auth.service import AuthService, person_asked
from openab_auth.cogs.auth.text import Language, Markup, english, language_of, login_words, title_meant, words
from openab_auth.cogs.auth.threads import ThreadDesk
from openab_auth.cogs.auth.views import (
    LastPage,
    LoginCards,
    PressHandler,
    SubmittedForm,
    added_message,
    agreement_buttons,
    agreement_question,
    card_of,
    conflict_question,
    failure_message,
    help_message,
    how_message,
    login_message,
    logout_question,
    message_key,
    missing_permissions,
    removed_message,
    report,
    status_message,
    thread_lines,
    told_with,
)
from openab_auth.oauth.errors import LoginConflictError, NoPendingLoginError
from openab_auth.oauth.flows import LoginOffer, LoginResult
from openab_auth.oauth.threads import ThreadAccount
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.worker_thread import in_thread


class FrontDesk(PressHandler):
    """Asks the service and answers in the person's language. The service checks who may do what."""

    def __init__(self, service: AuthService) -> None:
        self.service = service
        self._cards = LoginCards(service.clock)
        self.pastes = Pastes(service, self._cards)
        self.seen = SeenThreads(service.threads)
        self.people = PeopleDesk(service)
        self.threads = ThreadDesk(service, self.seen)

    async def aclose(self) -> None:
        """Answer the open requests, then close everything."""
        await self.service.aclose()
        await self._cards.aclose()

    def takes(self, interaction: discord.Interaction) -> bool:
        """Return False if Discord has delivered this interaction before."""
        return self.service.guard.takes(interaction)

    def takes_key(self, vendor: str) -> bool:
        """Return whether people end a login to this vendor with an API key."""
        return self.service.takes_key(vendor)

    # The two steps

    async def login(
        self,
        interaction: discord.Interaction,
        vendor: str,
        *,
        replaces: str | None = None,
        beside: str | None = None,
    ) -> None:
        """Show the link, or ask whether to replace another person's login. `vendor` is a word for an account.

        A link that nobody would see is not made: it would replace one that the person may have.
        """
        if is_unanswerable(interaction):
            return
        try:
            offer = await self.service.login(caller_of(interaction), vendor, replaces=replaces, beside=beside)
        except LoginConflictError as conflict:
            language, catalogue = language_of(interaction), await self.service.catalogue()
            await answer(interaction, conflict_question(language, vendor, catalogue, conflict))
        else:
            await self._cards.show(interaction, offer, partial(self._last_content, interaction, offer))

    async def _last_content(self, interaction: discord.Interaction, offer: LoginOffer) -> ReplyContent | None:
        """Wait for the end of a login that needs no paste, and return the last text of its message.

        None means that the message needs no edit from here.
        """
        language, vendor = language_of(interaction), offer.vendor
        try:
            try:
                done = await self._follow(interaction, offer)
            except LoginConflictError as conflict:
                return conflict_question(language, vendor.name, await self.service.catalogue(), conflict)
        except NoPendingLoginError:
            return None  # cancelled or replaced: that request edits the message
        except Exception as error:  # noqa: BLE001 - nobody above would tell the person
            return failure_message(language, error, "a login by a code", vendor=vendor.name)
        if done is None:
            return None
        text = login_words.logged_in(language, done, shared_serves=self.service.threads.shared_serves)
        return ReplyContent(text, accent="good")

    async def _follow(self, interaction: discord.Interaction, offer: LoginOffer) -> LoginResult | None:
        """Wait for the end of the login, and show what the vendor's own program says until then."""
        user, language = UserId(interaction.user.id), language_of(interaction)
        ending = asyncio.create_task(self.service.outcome(user, offer.vendor.name))
        amended: asyncio.Task[LoginOffer] | None = None
        try:
            while offer.by_program:
                amended = asyncio.create_task(self.service.amended(user, offer))
                await asyncio.wait((ending, amended), return_when=asyncio.FIRST_COMPLETED)
                if ending.done():
                    break
                offer = amended.result()
                card = login_message(language, offer, message_key(offer))
                await self._cards.amend(user, offer.vendor.name, card)
            return await ending
        finally:
            ending.cancel()
            if amended is not None:
                amended.cancel()

    async def ask_access(self, interaction: discord.Interaction) -> None:
        """Write to the operators' channel that this person asks for access, and say whether that worked."""
        stranger, language = caller_of(interaction), language_of(interaction)

        async def tell(channel: int) -> bool:
            about = ReplyContent(words.access_request(english(), stranger.user, stranger.guild))
            try:
                await send(interaction.client.get_partial_messageable(channel), about)
            except LOST as error:
                report("a request for access could not be sent to the operators' channel", reason(error))
                return False
            return True

        said = await self.service.guard.ask_access(stranger, tell)
        await answer(interaction, ReplyContent(language.say(said)))

    async def answer_request(self, interaction: discord.Interaction, request: str) -> None:
        """Begin the login that an agent has asked for. The own account of a person needs that person's agreement."""
        language, user = language_of(interaction), UserId(interaction.user.id)
        found = await self.service.requests.pressed(caller_of(interaction), request)
        if found is None:
            await answer(interaction, ReplyContent(language.say("request-over")))
        elif person_asked(found) not in {None, user}:
            await answer(interaction, ReplyContent(language.say("request-not-yours")))
        elif not await self.service.requests.has_agreed(found):
            await answer(interaction, agreement_question(language))
        else:
            await self.login(interaction, found.name)

    async def change_nothing(self, interaction: discord.Interaction) -> None:
        """Say that nothing was changed."""
        await answer(interaction, ReplyContent(language_of(interaction).say("nothing-changed")))

    async def take_form(self, interaction: discord.Interaction, submit: SubmittedForm) -> None:
        """Take a submitted form. It may have been opened before a restart."""
        async with self.answering(interaction, "paste", submit.vendor):
            if not await acknowledge(interaction, in_place=interaction.message is not None):
                return
            await self.pastes.from_form(interaction, Paste(submit.paste, submit.vendor, submit.generation))

    async def how(self, interaction: discord.Interaction, page: LastPage) -> None:
        """Show how to copy the address or the code. Everyone may see this."""
        card = ReplyContent() if interaction.message is None else card_of(interaction.message)
        shown = await in_thread(how_message, language_of(interaction), page, card)
        await answer(interaction, shown, in_place=True)

    # Everything else

    async def status(
        self, interaction: discord.Interaction, vendor: str | None = None, account: str | None = None
    ) -> None:
        """Show the logins and the person's own pending ones, of one vendor or account if it is named."""
        language, catalogue = language_of(interaction), await self.service.catalogue()
        status = await self.service.status(caller_of(interaction), vendor, account)
        user, title_of = UserId(interaction.user.id), partial(title_meant, language, catalogue)
        problems = [f"{one.what}: {one.repair}" for one in status.problems]
        accounts: tuple[ThreadAccount, ...] = ()
        try:
            accounts = await self.threads.accounts(interaction)
        except OpenabAuthError as error:  # the logins are shown all the same
            problems.append(str(error))
        incident = report("status shows problems", *problems) if problems else ""
        only = title_of(vendor) if vendor else None
        shown = status_message(
            *(language, status, user, title_of),
            incident=incident,
            only=only,
            thread=(
                *self._missing_permissions(language, interaction),
                *thread_lines(language, accounts, title_of, user),
            ),
            first=agreement_buttons(language, accounts, user),
            name_of=partial(name_of, interaction),
        )
        await answer(interaction, shown)

    def _missing_permissions(self, language: Language, interaction: discord.Interaction) -> tuple[Markup, ...]:
        writes = self.service.guard.access.writes_requests
        return missing_permissions(language, interaction) if writes else ()

    async def cancel(self, interaction: discord.Interaction, vendor: str | None) -> None:
        """Cancel the person's own pending login, and say so in the message with its link, too."""
        cancelled = await self.service.cancel(caller_of(interaction), vendor)
        told = ReplyContent(words.about(language_of(interaction), "login-cancelled", cancelled))
        await answer(interaction, told)
        await self._cards.close(UserId(interaction.user.id), cancelled.name, None, told)

    async def cancel_in_status(self, interaction: discord.Interaction, vendor: str, generation: str) -> None:
        """Cancel a pending login and show the status again."""
        cancelled = await self.service.cancel(caller_of(interaction), vendor, generation)
        told = ReplyContent(words.about(language_of(interaction), "login-cancelled", cancelled))
        await self.status(interaction)
        await self._cards.close(UserId(interaction.user.id), cancelled.name, None, told)

    async def ask_logout(self, interaction: discord.Interaction, vendor: str) -> None:
        """Ask whether to remove the login here, or to revoke it too."""
        details = await self.service.ask_logout(caller_of(interaction), vendor)
        language = language_of(interaction)
        title_of = partial(title_meant, language, await self.service.catalogue())
        await answer(interaction, logout_question(language, details, title_of))

    async def logout(self, interaction: discord.Interaction, tenant: str, generation: str, *, revoke: bool) -> None:
        """End the login here, and with `revoke` at the vendor too. The answer replaces the question."""
        done = await self.service.logout(caller_of(interaction), tenant, generation, revoke=revoke)
        language = language_of(interaction)
        title = title_meant(language, await self.service.catalogue(), done.tenant)
        text = words.logged_out(language, done, title)
        if done.left:
            text = told_with(language, text, report("a logout left tokens", *done.left))
        await answer(interaction, ReplyContent(text))

    async def add_server(self, interaction: discord.Interaction, name: str, url: str) -> None:
        """Add an MCP server, and say which host gets its tokens."""
        added = await self.service.servers.add(caller_of(interaction), name, url)
        await answer(interaction, added_message(language_of(interaction), added))

    async def remove_server(self, interaction: discord.Interaction, name: str) -> None:
        """Remove an MCP server that somebody added."""
        await self.service.servers.remove(caller_of(interaction), name)
        await answer(interaction, removed_message(language_of(interaction), name))

    async def help(self, interaction: discord.Interaction) -> None:
        """Answer everyone, also people who may not log in."""
        caller, language = caller_of(interaction), language_of(interaction)
        logins, incident = None, ""
        refusal: AccessDeniedError | None = None
        try:
            logins = len(await self.service.logins(caller))
        except AccessDeniedError as error:
            refusal = error
        except OpenabAuthError as error:
            incident = report("help cannot read the logins", str(error))
        offered, adds = await self.service.offered(caller), self.service.servers.allowed
        shown = help_message(language, caller.user, offered, logins, refusal, adds_servers=adds, incident=incident)
        await answer(interaction, shown)

    @asynccontextmanager
    async def answering(
        self, interaction: discord.Interaction, doing: str, vendor: str | None = None
    ) -> AsyncIterator[None]:
        """Turn a failure inside the block into the answer, as discord.py does for commands."""
        try:
            self.service.guard.begin_work()
            yield
        except Exception as error:  # noqa: BLE001 - nobody above would tell the person
            await answer(interaction, failure_message(language_of(interaction), error, doing, vendor=vendor))
