"""Who may use /auth: nobody, until the operator lists people or roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
    """This person may not do this here; `reason` says which rule it was, for words in any language."""

    code = "not_allowed"
    reason: ClassVar[str] = "not_listed"


class BotRefusedError(AccessDeniedError):
    """Another bot asks."""

    reason = "bot"

    def __init__(self) -> None:
        super().__init__("bots may not use /auth", kept="nothing was changed", todo="ask a person")


class DirectMessageRefusedError(AccessDeniedError):
    """The operator has switched /auth off outside of servers."""

    reason = "direct_message"

    def __init__(self) -> None:
        super().__init__(
            "/auth is switched off in direct messages",
            kept="nothing was changed",
            todo="use the command in a server where this bot is",
        )


class NotListedError(AccessDeniedError):
    """This person is not listed, and no role would do."""

    def __init__(self, user: UserId, also: str = "") -> None:
        super().__init__(
            "you are not on the list of who may log agents in",
            kept="nothing was changed",
            todo=f"ask this bot's operator to add your id {user} to `allowed_users`{also}",
        )
        self.user = user


class NoAllowedRoleError(NotListedError):
    """Neither this person nor a role of theirs is listed."""

    reason = "no_role"

    def __init__(self, user: UserId) -> None:
        super().__init__(user, ", or to give you an allowed role")


class RolesHiddenError(NotListedError):
    """This person is not listed, and whether a role of theirs is, a direct message does not tell."""

    reason = "roles_hidden"

    def __init__(self, user: UserId) -> None:
        super().__init__(
            user,
            " (if you have an allowed role, use the command in the server: a direct message does not show your roles)",
        )


class NotYourLoginError(AccessDeniedError):
    """The login is somebody else's, and this person is no operator."""

    reason = "not_yours"

    def __init__(self, owner: UserId) -> None:
        super().__init__(
            f"<@{owner}> made this login, not you",
            kept="it is untouched",
            todo="ask them, or an operator (a person listed in `allowed_users`), to log out",
        )
        self.owner = f"<@{owner}>"


class NobodysLoginError(AccessDeniedError):
    """The login was made at the console, or nobody knows by whom, and this person is no operator."""

    reason = "not_known"

    def __init__(self) -> None:
        super().__init__(
            "this login was made at the console, or by nobody that is known",
            kept="it is untouched",
            todo="ask an operator (a person listed in `allowed_users`) to log out",
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
            if not rules.allowed_roles:
                raise NotListedError(caller.user)
            raise NoAllowedRoleError(caller.user) if caller.in_guild else RolesHiddenError(caller.user)

    def may_return(self, user: UserId) -> bool:
        """Whether a login that this person began before a restart may go on: their roles are not known by now."""
        rules = self._settings
        return user in rules.allowed_users or bool(rules.allowed_roles) or rules.allow_all_users

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
            raise NotYourLoginError(logged_in_by) if logged_in_by else NobodysLoginError
