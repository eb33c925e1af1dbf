"""The /auth commands: hear the person, ask the service, show the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord
from discord import app_commands
from discord.ext import commands

from cogs.auth import words
from cogs.auth.access import AccessDeniedError, caller_of
from cogs.auth.choices import login_choices, logout_choices, pending_choices
from cogs.auth.desk import COG, LogoutChoice
from cogs.auth.direct_messages import DirectMessages
from cogs.auth.failures import failure
from cogs.auth.language import Listeners, language_of
from cogs.auth.limits import INPUT
from cogs.auth.login_view import LoginMessages
from cogs.auth.logout_view import LogoutButton, ReplaceButton, logout_question, replace_question
from cogs.auth.outcomes import failed
from cogs.auth.paste_modal import PasteButton, Submit, read_submit
from cogs.auth.replies import Answer, acknowledge, answer
from cogs.auth.service import AuthService, ClosingError
from cogs.auth.status_view import status_message
from cogs.auth.translator import CommandTranslator
from oauth.errors import LoginTakenError
from storage.entries import UserId
from storage.errors import OpenabAuthError

_BUTTONS = (PasteButton, LogoutButton, ReplaceButton)


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Auth(commands.GroupCog, name=COG, group_name="auth", group_description="Log agents in to their vendors"):
    """The commands, the buttons and the pastes; loadable in any discord.py bot."""

    def __init__(self, bot: commands.Bot, service: AuthService) -> None:
        self._bot = bot
        self._service = service
        self._messages = LoginMessages(service.clock)
        self._listeners = Listeners()
        self._direct = DirectMessages(bot, service, self._messages, self._listeners)

    async def cog_load(self) -> None:
        """Make the buttons work, those on messages from before a restart included, and name the commands."""
        self._bot.add_dynamic_items(*_BUTTONS)
        if self._bot.tree.translator is None:  # a host bot's own stays
            await self._bot.tree.set_translator(CommandTranslator())

    async def cog_unload(self) -> None:
        """Finish what people wait for, then let go of everything."""
        self._bot.remove_dynamic_items(*_BUTTONS)
        await self._service.aclose()
        await self._messages.aclose()

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let nothing new begin while the bot stops; who may do what is the service's question, after the defer."""
        try:
            self._service.begin_work()
        except ClosingError as error:
            await answer(interaction, failed(language_of(interaction), error, _name(interaction)))
            return False
        return True

    async def cog_app_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Every failure of a command becomes an answer."""
        if not isinstance(error, app_commands.CheckFailure):  # `interaction_check` has answered
            await answer(interaction, failed(language_of(interaction), error, _name(interaction)))

    # The two steps

    @app_commands.command(description="Log an agent in: get the link")
    @app_commands.describe(vendor="Whose account the agents will use")
    async def login(self, interaction: discord.Interaction, vendor: str) -> None:
        """Answer, for this person only, with the link, the steps and the button for the paste."""
        await acknowledge(interaction)
        await self._offer(interaction, vendor)

    async def _offer(self, interaction: discord.Interaction, vendor: str, *, replace: bool = False) -> None:
        try:
            offer = await self._service.login(caller_of(interaction), vendor, replace=replace)
        except LoginTakenError as taken:
            await answer(interaction, replace_question(language_of(interaction), vendor, taken))
        else:
            await self._messages.show(interaction, offer)

    async def replace_pressed(self, interaction: discord.Interaction, vendor: str, choice: str) -> None:
        """Turn the question into the login message, or say that nothing was changed."""
        async with self._answering(interaction, "replace"):
            await acknowledge(interaction, in_place=True)
            if choice == "yes":
                await self._offer(interaction, vendor, replace=True)
            else:
                await answer(interaction, Answer(language_of(interaction).say("kept")))

    @app_commands.command(description="Finish a login: paste the address that the browser ended on")
    @app_commands.describe(
        redirect="The whole address of the last page, or the code that it shows",
        vendor="Which login; not needed when only one of yours waits",
    )
    async def complete(
        self,
        interaction: discord.Interaction,
        redirect: app_commands.Range[str, 1, INPUT],
        vendor: str | None = None,
    ) -> None:
        """Take the paste as the modal does, for people who cannot use one."""
        await acknowledge(interaction)
        await self._complete(interaction, redirect, vendor)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take what was pasted into a modal, whichever process opened it."""
        self._listeners.saw(interaction)
        submit = read_submit(interaction)
        if submit is not None:
            async with self._answering(interaction, "paste", submit):
                await acknowledge(interaction)
                await self._complete(interaction, submit.paste, submit.vendor)

    async def _complete(self, interaction: discord.Interaction, paste: str, vendor: str | None) -> None:
        caller, language = caller_of(interaction), language_of(interaction)
        try:
            done = await self._service.complete(caller, paste, vendor)
        except LoginTakenError as taken:
            await answer(interaction, replace_question(language, self._service.vendor_of(taken.tenant), taken))
            return
        except OpenabAuthError as error:
            if vendor is not None and getattr(error, "ends_login", False):
                await self._messages.close(caller.user, vendor, failure(language, error))
            raise
        await answer(interaction, Answer(words.logged_in(language, done)))
        used = words.about(language, "login-link-used", done.vendor)
        await self._messages.close(caller.user, done.vendor.name, used)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """In a direct message, what looks like a paste is one."""
        await self._direct.hear(message)

    # Everything else

    @app_commands.command(description="Who is logged in where, and which of your logins wait")
    async def status(self, interaction: discord.Interaction) -> None:
        """Show all logins and one's own pending ones; no vendor is asked."""
        await acknowledge(interaction)
        status = await self._service.status(caller_of(interaction))
        await answer(interaction, status_message(language_of(interaction), status, UserId(interaction.user.id)))

    @app_commands.command(description="Remove a login, and revoke it at the vendor if you like")
    @app_commands.describe(vendor="Which login to end")
    async def logout(self, interaction: discord.Interaction, vendor: str) -> None:
        """Ask what exactly shall end."""
        await acknowledge(interaction)
        state = await self._service.ask_logout(caller_of(interaction), vendor)
        await answer(interaction, logout_question(language_of(interaction), state))

    async def logout_pressed(self, interaction: discord.Interaction, tenant: str, choice: LogoutChoice) -> None:
        """End the login as chosen; the question becomes the answer."""
        async with self._answering(interaction, "logout"):
            await acknowledge(interaction, in_place=True)
            if choice == "keep":
                await answer(interaction, Answer(language_of(interaction).say("kept")))
                return
            done = await self._service.logout(caller_of(interaction), tenant, revoke=choice == "revoke")
            await answer(interaction, Answer(words.logged_out(language_of(interaction), done)))

    @app_commands.command(description="Forget a login that you began")
    @app_commands.describe(vendor="Which login; not needed when only one of yours waits")
    async def cancel(self, interaction: discord.Interaction, vendor: str | None = None) -> None:
        """Drop one's pending login; its link is of no use any more."""
        await acknowledge(interaction)
        cancelled = await self._service.cancel(caller_of(interaction), vendor)
        text = words.about(language_of(interaction), "cancelled", cancelled)
        await answer(interaction, Answer(text))
        await self._messages.close(UserId(interaction.user.id), cancelled.name, text)

    @app_commands.command(description="What this is, and whom to ask")
    async def help(self, interaction: discord.Interaction) -> None:
        """Answer everyone, also those who may not log in."""
        await acknowledge(interaction)
        caller, language = caller_of(interaction), language_of(interaction)
        try:
            text = words.help_text(language, caller.user, logins=len(await self._service.logins(caller)))
        except AccessDeniedError as refusal:
            text = words.help_text(language, caller.user, logins=None, refusal=refusal)
        except OpenabAuthError:
            text = words.help_text(language, caller.user, logins=None)
        await answer(interaction, Answer(text))

    # Autocompletion: no names for those who may not use them

    @login.autocomplete("vendor")
    async def _login_choices(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            states = await self._service.logins(caller_of(interaction))
        except AccessDeniedError:
            return []
        except OpenabAuthError:
            states = ()
        return login_choices(language_of(interaction), self._service.offered(), states, typed)

    @logout.autocomplete("vendor")
    async def _logout_choices(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            return logout_choices(await self._service.logins(caller_of(interaction)), typed)
        except OpenabAuthError:
            return []

    @complete.autocomplete("vendor")
    @cancel.autocomplete("vendor")
    async def _pending_choices(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            return pending_choices(await self._service.pending(caller_of(interaction)), typed)
        except OpenabAuthError:
            return []

    @asynccontextmanager
    async def _answering(
        self, interaction: discord.Interaction, doing: str, submit: Submit | None = None
    ) -> AsyncIterator[None]:
        """What discord.py does for commands, for buttons and modals: a failure in the block becomes the answer."""
        try:
            self._service.begin_work()
            yield
        except Exception as error:  # noqa: BLE001 - nobody above would tell the person
            language = language_of(interaction)
            retry = PasteButton(language, submit.vendor, submit.flow) if submit else None
            await answer(interaction, failed(language, error, doing, retry=retry))


def _name(interaction: discord.Interaction) -> str:
    return interaction.command.qualified_name if interaction.command else "a command"
