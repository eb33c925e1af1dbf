"""Decides who may use /auth: nobody, until the operator lists people or roles."""

from __future__ import annotations

from dataclasses import dataclass

import discord

from openab_auth.cogs.auth.guard.errors import (
    AccessDeniedError,
    BotRefusedError,
    DirectMessageRefusedError,
    NoAllowedRoleError,
    NobodysLoginError,
    NotListedError,
    NotYourLoginError,
    NotYourServerError,
    RolesHiddenError,
)
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.storage import AddedServer
from openab_auth.storage.entries import UserId


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request, as Discord reports them. In a direct message Discord reports no roles.

    `guild` is the id of the Discord server in which they ask.
    """

    user: UserId
    roles: frozenset[int] = frozenset()
    is_bot: bool = False
    in_guild: bool = True
    guild: int | None = None


def caller_of(interaction: discord.Interaction) -> Caller:
    """Return the person behind an interaction. Their id never comes from a `custom_id`."""
    return member_caller(interaction.user, interaction.guild_id)


def author_of(message: discord.Message) -> Caller:
    """Return the person who wrote a message."""
    return member_caller(message.author, None if message.guild is None else message.guild.id)


def member_caller(person: discord.User | discord.Member, guild: int | None) -> Caller:
    """Return this person as Discord reports them, in this Discord server or in none."""
    # `Member.roles` gives only roles that the guild cache knows, and a host bot may run without the guilds intent.
    roles = frozenset(person._roles) if isinstance(person, discord.Member) else frozenset()  # noqa: SLF001
    return Caller(UserId(person.id), roles, is_bot=person.bot, in_guild=guild is not None, guild=guild)


class Access:
    """The operator's rules. They are checked at each step, so a person who is removed from the list stops at once."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings

    def check(self, caller: Caller) -> None:
        """Refuse a person who may not log agents in.

        Raises:
            AccessDeniedError: this person is not allowed; the error says what they can do about it.
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

    @property
    def admits_anybody(self) -> bool:
        """Return whether the operator has allowed at least one person or role."""
        rules = self._settings
        return rules.allow_all_users or bool(rules.allowed_users or rules.allowed_roles)

    def __str__(self) -> str:
        """Say how many people and roles may use /auth, for the operator."""
        if self._settings.allow_all_users:
            return "everybody may use /auth"
        if not self.admits_anybody:
            return "nobody may use /auth"
        people, roles = len(self._settings.allowed_users), len(self._settings.allowed_roles)
        return f"{_counted(people, 'person', 'people')} and {_counted(roles, 'role', 'roles')} may use /auth"

    def allows(self, caller: Caller) -> bool:
        """Return whether this person may log agents in."""
        try:
            self.check(caller)
        except AccessDeniedError:
            return False
        return True

    def is_operator(self, caller: Caller) -> bool:
        """Return whether this person is listed by id. Operators may also end the logins of other people."""
        return caller.user in self._settings.allowed_users and not caller.is_bot

    def may_remove(self, caller: Caller, server: AddedServer) -> bool:
        """Return whether this person may remove an added server: the person who added it may, and operators."""
        return caller.user == server.added_by or self.is_operator(caller)

    def check_removal(self, caller: Caller, server: AddedServer) -> None:
        """Refuse to remove another person's server.

        Raises:
            AccessDeniedError: another person added it.
        """
        if not self.may_remove(caller, server):
            raise NotYourServerError(server.added_by)

    def check_logout(self, caller: Caller, logged_in_by: UserId | None) -> None:
        """Refuse a logout, unless the caller made the login or is an operator.

        Raises:
            AccessDeniedError: another person made this login.
        """
        self.check(caller)
        if caller.user != logged_in_by and not self.is_operator(caller):
            raise NotYourLoginError(logged_in_by) if logged_in_by else NobodysLoginError


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
