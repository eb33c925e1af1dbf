"""Suggests values for the options of the commands while a person types.

A list without names says why it is empty. People who may not use /auth get no names.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from typing import TypeAlias, TypeVar

import discord
from discord import app_commands

from openab_auth.cogs.auth.guard import AccessDeniedError, caller_of
from openab_auth.cogs.auth.replies import LOST, reason
from openab_auth.cogs.auth.service import AuthService
from openab_auth.cogs.auth.text import language_of
from openab_auth.cogs.auth.views import (
    NO_CHOICE,
    account_choices,
    login_choices,
    logout_choices,
    no_choice,
    pending_choices,
    server_choices,
    state_label,
    suggest,
)
from openab_auth.oauth.accounts import vendor_meant
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.logins import LoginState
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.account_labels import own_label, split_label
from openab_auth.storage.errors import OpenabAuthError

T = TypeVar("T", LoginState, PendingLogin)
Choices: TypeAlias = list[app_commands.Choice[str]]
_log = logging.getLogger(__name__)


async def send_suggestions(interaction: discord.Interaction, choices: Choices) -> None:
    """Send suggestions to a person who types; those that come too late, or from a second process, are dropped.

    Raises:
        CancelledError: they were dropped; discord.py would send them again, and log the refusal with a traceback.
    """
    try:
        await interaction.response.autocomplete(choices)
    except LOST as error:
        _log.debug("suggestions were not taken by Discord (%s)", reason(error))
        raise asyncio.CancelledError from error


class Suggestions:
    """Asks the service for names that the person may see."""

    def __init__(self, service: AuthService) -> None:
        self._service = service

    async def vendors(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the offered vendors."""
        language = language_of(interaction)
        try:
            states = await self._service.logins(caller_of(interaction))
        except AccessDeniedError:
            return no_choice(language, "not-allowed")
        except OpenabAuthError:
            states = ()
        offered = await self._service.offered(caller_of(interaction))
        return login_choices(language, offered, states, typed) if offered else no_choice(language, "offered")

    async def logins(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the logins."""
        language, asked = language_of(interaction), self._service.logins(caller_of(interaction))
        return await suggest(language, asked, lambda found: logout_choices(language, found, typed), "logins")

    async def pending(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the person's own pending logins."""
        asked = self._service.pending(caller_of(interaction))
        return await suggest(language_of(interaction), asked, lambda found: pending_choices(found, typed), "pending")

    async def servers(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the servers that the person may remove."""
        asked = self._service.servers.removable(caller_of(interaction))
        return await suggest(language_of(interaction), asked, lambda found: server_choices(found, typed), "servers")

    async def accounts(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest accounts for a login: the shared default, other shared accounts, the person's own, or a new label."""
        caller, language = caller_of(interaction), language_of(interaction)
        try:
            states = await self._of_vendor(interaction, self._service.logins(caller))
        except AccessDeniedError:
            return no_choice(language, "not-allowed")
        except OpenabAuthError:
            states = ()
        by_label = {state.label: state for state in states if state.person in {None, caller.user}}
        own, labelled = own_label(caller.user), await self._has_labels(interaction)
        labels = ["", *sorted(by_label.keys() - {"", own}), own] if labelled else [""]
        found = {label: state_label(language, by_label.get(label)) for label in labels}
        return account_choices(language, found, caller.user, typed, new=labelled)

    async def used_accounts(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the accounts that have a login."""
        caller, language = caller_of(interaction), language_of(interaction)

        def choices(states: Sequence[LoginState]) -> Choices:
            found = {state.label: state.account or state_label(language, state) for state in states}
            return account_choices(language, found, caller.user, typed)

        asked = self._of_vendor(interaction, self._service.logins(caller))
        return await suggest(language, asked, choices, "logins")

    async def pending_accounts(self, interaction: discord.Interaction, typed: str) -> Choices:
        """Suggest the accounts for which a login of the person waits."""
        caller, language = caller_of(interaction), language_of(interaction)

        def choices(waiting: Sequence[PendingLogin]) -> Choices:
            found = {split_label(login.vendor)[1]: "" for login in waiting}
            return account_choices(language, found, caller.user, typed)

        asked = self._of_vendor(interaction, self._service.pending(caller))
        return await suggest(language, asked, choices, "pending")

    async def _has_labels(self, interaction: discord.Interaction) -> bool:
        """Return whether the chosen vendor can have several accounts; its own program keeps only one login."""
        row = vendor_meant(str(getattr(interaction.namespace, "vendor", "")), await self._service.catalogue())
        return row is None or not flow_of(row).runs_program

    async def _of_vendor(self, interaction: discord.Interaction, asked: Awaitable[Sequence[T]]) -> Sequence[T]:
        """Return the logins of the vendor that the person has chosen; all of them if they have chosen none yet."""
        found, catalogue = await asked, await self._service.catalogue()
        chosen = getattr(interaction.namespace, "vendor", None)
        if not chosen or chosen == NO_CHOICE:
            return found
        row = vendor_meant(str(chosen), catalogue)
        return [login for login in found if row is not None and _vendor_name(catalogue, login) == row.default_name]


def _vendor_name(catalogue: Catalogue, login: LoginState | PendingLogin) -> str:
    row = login.vendor if isinstance(login, LoginState) else vendor_meant(login.vendor, catalogue)
    return row.default_name if row else ""
