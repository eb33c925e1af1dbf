"""`exec`: run a command with each token in the environment variable that the vendor's tools read."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.become import become
from openab_auth.bot.cli.broker import broker_source, forget_broker
from openab_auth.bot.cli.commands.agents.exec_at_broker import environment_at_broker
from openab_auth.bot.cli.commands.agents.places import Place, check_apart, place_of_server, place_of_vendor
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.bot.cli.signals import run_until_signal
from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue

_PROG: Final = "openab-auth exec"


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
    broker = broker_source(arguments)
    environ = run_until_signal(_environ(arguments) if broker is None else environment_at_broker(arguments, broker))
    forget_broker(environ)
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
            async with audited(runtime, "exec", thread=arguments.thread) as line:
                token = await source.get_valid(account, wait=max(0, end - now()))
                line.account = account.tenant
            place.put(environ, token)
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
        places[account] = place_of_server(account) if account.is_server else place_of_vendor(word, vendor)
    check_apart(places.values())
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
