"""`exec`: run a command with each token in the environment variable that the vendor's tools read."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.become import become
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.bot.cli.signals import run_until_signal
from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import NotLoggedInError, VendorMisconfiguredError, safe_name
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import vendor_key
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, Vendor, bare_name

_PROG: Final = "openab-auth exec"
_NOT_OF_A_NAME: Final = re.compile(r"[^A-Z0-9]+")


class NoVariableError(VendorMisconfiguredError):
    """No environment variable is known for this token."""

    _happened = "the token of {vendor} was not passed to the command ({reason})"


@dataclass(frozen=True, slots=True)
class Place:
    """The variable for a token, and the variables that the vendor's tools would read before it."""

    variable: str
    shadows: tuple[str, ...] = ()


def exec(arguments: argparse.Namespace) -> int:  # noqa: A001 - the command's own name
    """Replace this process by the command, with the tokens in its environment.

    Raises:
        UsageError: the command is missing, or two tokens need the same variable.
        NoVariableError: no variable is known for a token.
        OAuthError, StorageError: as `TokenSource.get_valid`; the command was not started.
    """
    if not arguments.child:
        message = "the command is missing; put it after `--`, as in `openab-auth exec claude -- claude`"
        raise UsageError(message, _PROG)
    environ = run_until_signal(_environ(arguments))
    # From here on a signal ends this process at once; there is nothing left to lose.
    return become([*arguments.child], environ, as_json=arguments.json)


async def _environ(arguments: argparse.Namespace) -> dict[str, str]:
    runtime = open_runtime(arguments)
    environ = dict(os.environ)
    async with runtime, TokenSource(runtime, thread=arguments.thread) as source:
        now = asyncio.get_running_loop().time
        end = now() + arguments.wait
        places = await _places(runtime, source, arguments.tenants, lambda: max(0, end - now()))
        for account, place in places.items():
            vendor = None if account.label else runtime.catalogue.vendor_of(account.tenant)
            is_stored = account.tenant in await source.store.read()
            if vendor and not is_stored and runtime.catalogue.shadowed_by(vendor):
                continue  # the command inherits the operator's own token
            token = await source.get_valid(account, wait=max(0, end - now()))
            for shadow in place.shadows:
                environ.pop(shadow, None)
            environ[place.variable] = token.value.reveal()
    return environ


async def _places(
    runtime: Runtime, source: TokenSource, words: list[str], left: Callable[[], float]
) -> Mapping[Account, Place]:
    """Return the variable of each account, before any token is requested; `left` returns the seconds to wait."""
    catalogue = await runtime.catalogue_with_added()
    accounts = {word: await _account(source, catalogue, word, left) for word in words}
    places: dict[Account, Place] = {}
    for word, account in {account.tenant: (word, account) for word, account in accounts.items()}.values():
        vendor = catalogue.vendor_of(account.tenant)
        places[account] = _place_of_server(account) if account.is_server else place_of_vendor(word, vendor)
    variables = [place.variable for place in places.values()]
    if taken := [variable for variable in variables if variables.count(variable) > 1]:
        message = f"two of these tokens need the variable ${taken[0]}; run the command with one of them"
        raise UsageError(message, _PROG)
    return places


async def _account(source: TokenSource, catalogue: Catalogue, word: str, left: Callable[[], float]) -> Account:
    """Return the account that a word means; where none may serve the thread yet, ask for it and wait.

    Raises:
        NoVariableError: nobody knows the variable for its token, so nobody is asked.
    """
    try:
        return (await source.account_for(word)).account
    except NotLoggedInError as error:
        account = resolve(error.tenant, catalogue, await source.store.read())
        if not account.is_server:
            place_of_vendor(word, catalogue.vendor_of(account.tenant))
        await source.get_valid(word, wait=left())
        return (await source.account_for(word)).account


def place_of_vendor(word: str, vendor: Vendor | None) -> Place:
    """Return the place of a vendor's token.

    Raises:
        NoVariableError: nobody knows the variable.
    """
    if vendor is None:
        todo = "add a [vendors.NAME] table with this tenant and exec_env to the config, or use `openab-auth token`"
        raise NoVariableError(safe_name(word), "no vendor with this name or tenant is configured", todo)
    if not vendor.exec_env:
        todo = f"set exec_env in [vendors.{vendor.default_name}] to the variable that the command reads"
        raise NoVariableError(vendor.title, "we do not know the variable that its tools read", todo)
    before = vendor.env[: vendor.env.index(vendor.exec_env)] if vendor.exec_env in vendor.env else vendor.env
    return Place(vendor.exec_env, before)


def _place_of_server(account: Account) -> Place:
    """Return the place of an MCP server's token: MCP_LINEAR_TOKEN for every account of `linear`, and so on."""
    return Place(f"MCP_{_NOT_OF_A_NAME.sub('_', bare_name(vendor_key(account)).upper())}_TOKEN")
