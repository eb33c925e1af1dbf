"""The /auth commands: their names, options and choices. The front desk does the work."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from openab_auth.cogs.auth.agent_requests import AgentRequests
from openab_auth.cogs.auth.command_ids import CommandIds
from openab_auth.cogs.auth.connections import HostBot, is_connected
from openab_auth.cogs.auth.front_desk import FrontDesk
from openab_auth.cogs.auth.guard import ClosingError, Members
from openab_auth.cogs.auth.notices import DirectMessages, Leaves, LoginNotices, LoginRequests
from openab_auth.cogs.auth.pastes import Paste
from openab_auth.cogs.auth.replies import COG, acknowledge, answer
from openab_auth.cogs.auth.service import GROUP, AuthService
from openab_auth.cogs.auth.suggestions import Choices, Suggestions, send_suggestions
from openab_auth.cogs.auth.text import ADDRESS, INPUT, CommandMentions, CommandTranslator, SpokenLanguages, language_of
from openab_auth.cogs.auth.thread_events import ThreadEvents
from openab_auth.cogs.auth.views import ALL_BUTTONS, NO_CHOICE, failure_message, read_submit
from openab_auth.oauth.requests import Asked
from openab_auth.oauth.vendors.account_labels import LONGEST_LABEL
from openab_auth.storage.entries import UserId

Label = app_commands.Range[str, 1, LONGEST_LABEL]


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Auth(commands.GroupCog, name=COG, group_name="auth", group_description="Log agents in to their vendors"):
    """The commands, the buttons and the pastes. Any discord.py bot can load this cog."""

    def __init__(self, bot: HostBot, service: AuthService) -> None:
        self.desk = FrontDesk(service)
        self._bot = bot
        self._service = service
        self._suggestions = Suggestions(service)
        self._languages = SpokenLanguages()
        self.observer = service.guard.observer
        self.mentions = CommandMentions(command.qualified_name for command in self.walk_app_commands())
        self._ids = CommandIds(bot, self.mentions)
        service.guard.admission.fetch_caller = Members(bot).caller
        self._direct = DirectMessages(bot, self.desk, self._languages)
        self._notices = LoginNotices(bot, service, self._languages)
        self._leaves = Leaves(bot, service, self._languages)
        self._requests = LoginRequests(bot, service)
        self._agents = AgentRequests(bot, service, self.desk.seen)
        self.thread_events = ThreadEvents(bot, self.desk.seen)
        if not service.servers.allowed and self.app_command is not None:
            self.app_command.remove_command(GROUP)

    async def ask_for_login(self, thread: discord.Thread, account: str, *, reason: str = "") -> Asked:
        """Ask people in a thread for a login that an agent there needs; the bot then writes a message there.

        `account` is a vendor or `vendor@label`, `reason` is shown as plain text.

        Raises:
            NotRequestableError: no agent may ask for this account.
            TooManyRequestsError: too many logins are asked for already.
            OAuthError, StorageError: as `TokenSource.get_valid`.
        """
        return await self._agents.ask(thread, account, reason)

    async def wait_for_login(self, thread: discord.Thread, account: str, *, timeout: float) -> bool:  # noqa: ASYNC109 - discord.py names it so
        """Return True as soon as agents in the thread can use the login, or False after `timeout` seconds.

        Raises:
            OAuthError, StorageError: as `ask_for_login`.
        """
        return await self._agents.wait(thread, account, timeout)

    async def cog_load(self) -> None:
        """Register the buttons, also for messages from before a restart, and translate the commands."""
        self._bot.add_dynamic_items(*ALL_BUTTONS)
        await self._service.resumption.start()
        await self.thread_events.start()
        if self._bot.tree.translator is None:  # a host bot keeps its own translator
            await self._bot.tree.set_translator(CommandTranslator())
        self._leaves.start()
        if self._bot.is_ready():
            self._start_writing()

    async def cog_unload(self) -> None:
        """Answer the open requests, then close everything."""
        self._bot.remove_dynamic_items(*ALL_BUTTONS)
        self._leaves.stop()
        await self._notices.aclose()
        await self._requests.aclose()
        await self._service.posting.aclose()  # after the last message of this bot
        await self._service.resumption.aclose()
        await self.thread_events.aclose()
        await self.desk.aclose()

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Acknowledge each command once, unless the bot is stopping. Access is checked later, by the guard."""
        if interaction.type is discord.InteractionType.application_command and not self.desk.takes(interaction):
            return False
        try:
            self._service.guard.begin_work()
        except ClosingError as error:
            await answer(interaction, failure_message(language_of(interaction), error, _name(interaction)))
            return False
        if interaction.type is discord.InteractionType.application_command:
            self._ids.learn(interaction)
            return await acknowledge(interaction)
        return True

    async def cog_app_command_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Turn the failure of a command into an answer."""
        if isinstance(error, app_commands.CheckFailure):  # `interaction_check` has answered
            return
        vendor = getattr(interaction.namespace, "vendor", None)
        await answer(interaction, failure_message(language_of(interaction), error, _name(interaction), vendor=vendor))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take the paste of a submitted form, and remember the person's language for direct messages."""
        self._languages.remember(interaction)
        if interaction.type is discord.InteractionType.application_command:
            await self._learn_thread(interaction)
        if (submit := read_submit(interaction)) and self.desk.takes(interaction):
            await self.desk.take_form(interaction, submit)

    async def _learn_thread(self, interaction: discord.Interaction) -> None:
        with suppress(ClosingError):
            self._service.guard.begin_work()
            await self.desk.seen.learn(interaction)

    @commands.Cog.listener()
    async def on_shard_ready(self, _shard: int) -> None:
        """Start as soon as one shard is ready: the last of many comes minutes later, or not at all."""
        await self.on_ready()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Start to tell people about logins: the bot can write to them now."""
        self._start_writing()
        await self.desk.seen.store_policies(self._bot.application_id)
        await self._ids.read(self.app_command)

    def _start_writing(self) -> None:
        if self._bot.application_id is not None:
            self._service.posting.start(self._bot.application_id, partial(is_connected, self._bot))
        self._notices.start()
        self._requests.start()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Take a direct message as a paste if it looks like one."""
        await self._direct.hear(message)

    # The commands. Their names in other languages are in text/locales.

    @app_commands.command(description="Log an agent in: get the link")
    @app_commands.describe(
        vendor="Whose account the agents will use",
        account="For everyone, only for you, or the label of one more account; for everyone if left out",
    )
    async def login(self, interaction: discord.Interaction, vendor: str, account: Label | None = None) -> None:
        """Answer, for this person only, with the link, the steps and the button for the paste."""
        await self.desk.login(interaction, await self._named(interaction, vendor, account) or vendor)

    @app_commands.command(description="Finish a login: paste the address of the last page")
    @app_commands.describe(
        redirect="The whole address of the last page, the code that it shows, or the API key",
        vendor="Which login; you can leave this out if you have started only one",
        account="Which account of the vendor",
    )
    async def complete(
        self,
        interaction: discord.Interaction,
        redirect: app_commands.Range[str, 1, INPUT],
        vendor: str | None = None,
        account: Label | None = None,
    ) -> None:
        """Take the paste as the form does, for people who cannot use one."""
        word = await self._named(interaction, vendor, account)
        await self.desk.pastes.from_command(interaction, Paste(redirect, word))

    @app_commands.command(description="Who is logged in where, and which of your logins wait")
    @app_commands.describe(vendor="Only the logins of this vendor", account="Only this account")
    async def status(
        self, interaction: discord.Interaction, vendor: str | None = None, account: Label | None = None
    ) -> None:
        """Show the logins and the person's own pending ones."""
        await self.desk.status(interaction, _chosen(vendor), _chosen(account))

    @app_commands.command(description="Remove a login, and revoke it at the vendor if you like")
    @app_commands.describe(vendor="Which login to end", account="Which account of the vendor")
    async def logout(self, interaction: discord.Interaction, vendor: str, account: Label | None = None) -> None:
        """Ask whether to remove the login here, or to revoke it too."""
        word = await self._named(interaction, vendor, account)
        await (self.desk.status(interaction) if word is None else self.desk.ask_logout(interaction, word))

    @app_commands.command(description="Cancel a login that you started")
    @app_commands.describe(
        vendor="Which login; you can leave this out if you have started only one",
        account="Which account of the vendor",
    )
    async def cancel(
        self, interaction: discord.Interaction, vendor: str | None = None, account: Label | None = None
    ) -> None:
        """Cancel the person's own pending login; its link stops working."""
        await self.desk.cancel(interaction, await self._named(interaction, vendor, account))

    @app_commands.command(description="Choose the account that the agents in this thread use")
    @app_commands.describe(
        vendor="Whose account", account="Which account; left out, you see the choice and can drop it"
    )
    async def use(self, interaction: discord.Interaction, vendor: str, account: Label | None = None) -> None:
        """Choose an account for the thread, or show the choice."""
        word = await self._named(interaction, vendor, account)
        await self.desk.threads.use(interaction, word or vendor, chooses=_chosen(account) is not None)

    @app_commands.command(description="What this is and whom to ask")
    async def help(self, interaction: discord.Interaction) -> None:
        """Answer everyone, also people who may not log in."""
        await self.desk.help(interaction)

    mcp = app_commands.Group(name=GROUP, description="MCP servers that can be logged in to here")

    @mcp.command(name="add", description="Add an MCP server, for everybody here to log in to")
    @app_commands.describe(name="What to call it, as the agents' own config does", url="Its https address")
    async def add_server(
        self, interaction: discord.Interaction, name: str, url: app_commands.Range[str, 1, ADDRESS]
    ) -> None:
        """Say what was added and where its tokens will go."""
        await self.desk.add_server(interaction, name, url)

    @mcp.command(name="remove", description="Remove an MCP server that you added")
    @app_commands.describe(name="Which server; log out of it first")
    async def remove_server(self, interaction: discord.Interaction, name: str) -> None:
        """Say that the server was removed."""
        await self.desk.remove_server(interaction, name)

    async def _named(self, interaction: discord.Interaction, vendor: str | None, account: str | None) -> str | None:
        """Return the word for the account that the options name, or None if they name none."""
        return await self._service.word(UserId(interaction.user.id), _chosen(vendor), _chosen(account))

    # Autocompletion

    async def _suggest(self, interaction: discord.Interaction, found: Awaitable[Choices]) -> Choices:
        choices = await found
        await send_suggestions(interaction, choices)
        return choices

    @login.autocomplete("vendor")
    @use.autocomplete("vendor")
    async def _login_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.vendors(interaction, typed))

    @logout.autocomplete("vendor")
    @status.autocomplete("vendor")
    async def _logout_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.logins(interaction, typed))

    @remove_server.autocomplete("name")
    async def _server_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.servers(interaction, typed))

    @complete.autocomplete("vendor")
    @cancel.autocomplete("vendor")
    async def _pending_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.pending(interaction, typed))

    @login.autocomplete("account")
    @use.autocomplete("account")
    async def _account_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.accounts(interaction, typed))

    @logout.autocomplete("account")
    @status.autocomplete("account")
    async def _used_account_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.used_accounts(interaction, typed))

    @complete.autocomplete("account")
    @cancel.autocomplete("account")
    async def _pending_account_choices(self, interaction: discord.Interaction, typed: str) -> Choices:
        return await self._suggest(interaction, self._suggestions.pending_accounts(interaction, typed))


def _name(interaction: discord.Interaction) -> str:
    return interaction.command.qualified_name if interaction.command else "a command"


def _chosen(option: str | None) -> str | None:
    """Return the option, or None if the person chose the explanation that there is nothing to choose."""
    return None if option == NO_CHOICE else option
