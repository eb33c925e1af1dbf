"""Decides who may use /auth: nobody, until the operator lists people or roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import discord

from openab_auth.cogs.auth.guard.errors import (
    AccessDeniedError,
    BotRefusedError,
    DirectMessageRefusedError,
    NoAllowedRoleError,
    NobodysLoginError,
    NotListedError,
    NotListedOperatorError,
    NotYourAccountError,
    NotYourLoginError,
    NotYourServerError,
    RolesHiddenError,
)
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.oauth.config import ChannelSettings
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import AddedServer
from openab_auth.storage.entries import UserId


@dataclass(frozen=True, slots=True)
class Caller:
    """The person behind a request, as Discord reports them. In a direct message Discord reports no roles.

    `guild` is the id of the Discord server in which they ask, and `channel` that of the channel; a thread counts as
    the channel that it is in, and has its own id in `thread`.
    """

    user: UserId
    roles: frozenset[int] = frozenset()
    is_bot: bool = False
    in_guild: bool = True
    guild: int | None = None
    channel: int | None = None
    thread: int | None = None


def caller_of(interaction: discord.Interaction) -> Caller:
    """Return the person behind an interaction. Their id never comes from a `custom_id`."""
    place = interaction.channel
    person = member_caller(interaction.user, interaction.guild_id)
    if isinstance(place, discord.Thread):
        return replace(person, channel=place.parent_id, thread=place.id)
    return replace(person, channel=interaction.channel_id)


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

    def __init__(self, settings: DiscordSettings, channels: Mapping[int, ChannelSettings] | None = None) -> None:
        self.replace(settings, channels)

    def replace(self, settings: DiscordSettings, channels: Mapping[int, ChannelSettings] | None = None) -> None:
        """Use these rules from now on, for everybody who asks: the config was reloaded."""
        self._settings = settings
        self._channels = channels or {}

    def check(self, caller: Caller, *, in_any_channel: bool = False) -> None:
        """Refuse a person who may not log agents in.

        With `in_any_channel`, nobody knows the channel any more: a role that is allowed in one of them is enough.

        Raises:
            AccessDeniedError: this person is not allowed; the error says what they can do about it.
        """
        rules = self._rules(caller)
        if in_any_channel:
            rules = replace(rules, allowed_roles=rules.allowed_roles | self._channel_roles())
        if caller.is_bot:
            raise BotRefusedError
        if not caller.in_guild and not rules.allow_dm:
            raise DirectMessageRefusedError
        listed = caller.user in rules.allowed_users or not rules.allowed_roles.isdisjoint(caller.roles)
        if not (listed or rules.allow_all_users or self.is_listed_operator(caller)):
            may_ask = rules.operators_channel is not None
            if not caller.in_guild and self._roles():
                raise RolesHiddenError(caller.user, may_ask=may_ask)
            if rules.allowed_roles or rules.operators or self._channel_roles():
                raise NoAllowedRoleError(caller.user, may_ask=may_ask)
            raise NotListedError(caller.user, may_ask=may_ask)

    def _rules(self, caller: Caller) -> DiscordSettings:
        """Return the rules where the caller asks; Discord gives a role of one server in no other."""
        rules = self._settings.in_guild(caller.guild)
        here = self._channels.get(caller.channel or 0)
        if here is None or here.allowed_roles is None:
            return rules
        return replace(rules, allowed_roles=here.allowed_roles, allow_all_users=False)

    def _channel_roles(self) -> frozenset[int]:
        return frozenset().union(*(one.allowed_roles or () for one in self._channels.values()))

    def _people(self) -> frozenset[UserId]:
        return self._settings.allowed_users.union(*(one.allowed_users or () for one in self._settings.guilds.values()))

    def _roles(self) -> frozenset[int]:
        of_guilds = (one.allowed_roles or () for one in self._settings.guilds.values())
        return self._settings.allowed_roles.union(self._channel_roles(), *of_guilds)

    @property
    def admits_anybody(self) -> bool:
        """Return whether the operator has allowed at least one person or role, in all servers or in one."""
        return self._settings.allow_all_users or bool(self._people() or self._roles())

    def operators_in(self, guild: int | None) -> frozenset[int]:
        """Return the people and roles that `operators` lists for this Discord server."""
        return self._settings.in_guild(guild).operators or frozenset()

    @property
    def can_tell_operators(self) -> bool:
        """Return whether there is somebody to tell what operators should know."""
        of_guilds = (one.operators for one in self._settings.guilds.values())
        return self.operators_channel is not None or any((self._settings.operators, *of_guilds))

    @property
    def writes_requests(self) -> bool:
        """Return whether the bot writes in threads whose agents ask for a login."""
        return self._settings.requests == "thread"

    @property
    def operators_channel(self) -> int | None:
        """Return the channel where people ask the operators for access, and where operators get news; or None."""
        return self._settings.operators_channel

    def __str__(self) -> str:
        """Say how many people and roles may use /auth, for the operator."""
        if self._settings.allow_all_users:
            return "everybody may use /auth"
        if not self.admits_anybody:
            return "nobody may use /auth"
        people, roles = len(self._people()), len(self._roles())
        return f"{_counted(people, 'person', 'people')} and {_counted(roles, 'role', 'roles')} may use /auth"

    def allows(self, caller: Caller) -> bool:
        """Return whether this person may log agents in."""
        try:
            self.check(caller)
        except AccessDeniedError:
            return False
        return True

    def is_operator(self, caller: Caller) -> bool:
        """Return whether this person is an operator, who may also end the shared logins of other people.

        Where no operators are listed, the people in `allowed_users` are operators.
        """
        if self._rules(caller).operators is not None:
            return self.is_listed_operator(caller)
        return caller.user in self._rules(caller).allowed_users and not caller.is_bot

    def is_listed_operator(self, caller: Caller) -> bool:
        """Return whether this person, or one of their roles, is in `operators`, so that they see personal logins."""
        listed = self._rules(caller).operators or frozenset()
        return not (caller.is_bot or listed.isdisjoint({caller.user, *caller.roles}))

    def offers(self, place: Caller, vendor: Vendor) -> bool:
        """Return whether people may log in to this vendor where this caller asks."""
        rules = self._settings.guilds.get(place.guild or 0), self._channels.get(place.channel or 0)
        lists = [one.vendors for one in rules if one is not None and one.vendors is not None]
        return all(vendor.default_name in names for names in lists)

    def may_see(self, caller: Caller, person: UserId | None) -> bool:
        """Return whether this person may see an account: `person` is whose own it is, or None if it is shared."""
        return person in {None, caller.user} or self.is_listed_operator(caller)

    def check_listed_operator(self, caller: Caller) -> None:
        """Refuse everybody who is not in `operators`, directly or with a role.

        Raises:
            NotListedOperatorError: this person is not listed there.
        """
        if not self.is_listed_operator(caller):
            raise NotListedOperatorError

    def check_account(self, caller: Caller, person: UserId | None, *, for_operators: bool = False) -> None:
        """Refuse the own account of another person; with `for_operators`, listed operators are not refused.

        Raises:
            NotYourAccountError: it is another person's, whether it exists or not.
        """
        if person not in {None, caller.user} and not (for_operators and self.is_listed_operator(caller)):
            raise NotYourAccountError

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

    def check_logout(self, caller: Caller, logged_in_by: UserId | None, person: UserId | None = None) -> None:
        """Refuse a logout, unless the caller made the login, is the `person` whose own it is, or is an operator.

        Raises:
            AccessDeniedError: another person made this login.
        """
        self.check(caller)
        if caller.user not in {logged_in_by, person} and not self.is_operator(caller):
            raise NotYourLoginError(logged_in_by) if logged_in_by else NobodysLoginError


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
