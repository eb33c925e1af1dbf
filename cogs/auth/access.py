"""Who may use /auth: nobody, until the operator lists people or roles."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from cogs.auth.settings import DiscordSettings
from storage.entries import UserId
from storage.errors import OpenabAuthError


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as Discord vouches for it; in a direct message Discord tells no roles."""

    user: UserId
    roles: frozenset[int] = frozenset()
    is_bot: bool = False
    in_guild: bool = True


class AccessDeniedError(OpenabAuthError):
    """This person may not do this here."""

    code = "not_allowed"


class BotRefusedError(AccessDeniedError):
    """Another bot asks."""

    def __init__(self) -> None:
        super().__init__("bots may not use /auth", kept="nothing was changed", todo="ask a person")


class DirectMessageRefusedError(AccessDeniedError):
    """The operator has switched /auth off outside of servers."""

    def __init__(self) -> None:
        super().__init__(
            "/auth is switched off in direct messages",
            kept="nothing was changed",
            todo="use the command in a server where this bot is",
        )


class NotListedError(AccessDeniedError):
    """Neither this person nor a role of theirs is listed."""

    def __init__(self, caller: Caller, *, by_role: bool) -> None:
        todo = f"ask this bot's operator to add your id {caller.user} to `allowed_users`"
        if by_role:
            todo += ", or to give you an allowed role"
        if by_role and not caller.in_guild:
            todo += " (if you have one, use the command in the server: a direct message does not show your roles)"
        super().__init__("you are not on the list of who may log agents in", kept="nothing was changed", todo=todo)


class NotYourLoginError(AccessDeniedError):
    """The login is somebody else's, and this person is no operator."""

    def __init__(self, logged_in_by: UserId | None) -> None:
        whose = f"<@{logged_in_by}>" if logged_in_by else "somebody at the console, or nobody that is known,"
        super().__init__(
            f"{whose} made this login, not you",
            kept="it is untouched",
            todo="ask them, or an operator (a person listed in `allowed_users`), to log out",
        )


def caller_of(interaction: discord.Interaction) -> Caller:
    """The person behind an interaction; never taken from a `custom_id`."""
    return _caller(interaction.user, in_guild=interaction.guild_id is not None)


def author_of(message: discord.Message) -> Caller:
    """The person who wrote a message."""
    return _caller(message.author, in_guild=message.guild is not None)


def _caller(person: discord.User | discord.Member, *, in_guild: bool) -> Caller:
    # `Member.roles` gives only roles that the guild cache knows, and a host bot may run without the guilds intent.
    roles = frozenset(person._roles) if isinstance(person, discord.Member) else frozenset()  # noqa: SLF001
    return Caller(UserId(person.id), roles, is_bot=person.bot, in_guild=in_guild)


class Access:
    """The operator's rules; asked anew at each step, so that a person who is taken off the list stops at once."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings

    def check(self, caller: Caller) -> None:
        """Let pass who may log agents in.

        Raises:
            AccessDeniedError: with what the person can do about it.
        """
        rules = self._settings
        if caller.is_bot:
            raise BotRefusedError
        if not caller.in_guild and not rules.allow_dm:
            raise DirectMessageRefusedError
        listed = caller.user in rules.allowed_users or not rules.allowed_roles.isdisjoint(caller.roles)
        if not (listed or rules.allow_all_users):
            raise NotListedError(caller, by_role=bool(rules.allowed_roles))

    def is_operator(self, caller: Caller) -> bool:
        """Whether this person is listed by id; such people may also end the logins of others."""
        return caller.user in self._settings.allowed_users and not caller.is_bot

    def check_logout(self, caller: Caller, logged_in_by: UserId | None) -> None:
        """Let pass who made this login, and operators.

        Raises:
            AccessDeniedError: it is somebody else's.
        """
        self.check(caller)
        if caller.user != logged_in_by and not self.is_operator(caller):
            raise NotYourLoginError(logged_in_by)
