"""The environment for the command of `exec`, with tokens from a broker."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING

from openab_auth.bot.cli.commands.agents.places import Place, check_apart, place_of_server, place_of_vendor
from openab_auth.bot.cli.runtime import read_catalogue
from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.vendors.account_labels import OWN

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker import BrokerTokenSource
    from openab_auth.oauth.vendors import Catalogue


async def environment_at_broker(arguments: argparse.Namespace, source: BrokerTokenSource) -> dict[str, str]:
    """Return the environment of this process with a token for each word.

    The config of this machine says in which variables the tokens belong; the broker says which login serves a word.

    Raises:
        UsageError: two tokens need the same variable.
        NoVariableError: no variable is known for a token.
        OAuthError: as `BrokerTokenSource.get_valid`.
    """
    catalogue, environ = read_catalogue(arguments), dict(os.environ)
    async with source:
        now = asyncio.get_running_loop().time
        end = now() + arguments.wait
        accounts = {word: _meant(word, catalogue) for word in arguments.tenants}
        wanted = {account.tenant: (word, account) for word, account in accounts.items()}.values()
        places = {word: _place(word, account, catalogue) for word, account in wanted}
        check_apart(places.values())
        for word, account in wanted:
            vendor = None if account.label else catalogue.vendor_of(account.tenant)
            is_shadowed = vendor is not None and catalogue.shadowed_by(vendor) is not None
            try:
                token = await source.get_valid(word, wait=0 if is_shadowed else max(0, end - now()))
            except NotLoggedInError:
                if is_shadowed:
                    continue  # the command inherits the operator's own token
                raise
            places[word].put(environ, token)
    return environ


def _meant(word: str, catalogue: Catalogue) -> Account:
    """Return the account whose variable a word needs; the broker knows the person of `vendor@me`, and nobody here."""
    base, _, label = word.rpartition("@")
    return resolve(base if base and label == OWN else word, catalogue, {})


def _place(word: str, account: Account, catalogue: Catalogue) -> Place:
    if account.is_server:
        return place_of_server(account)
    return place_of_vendor(word, catalogue.vendor_of(account.tenant))
