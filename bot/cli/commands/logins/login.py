"""`login`, `complete` and `cancel`: the steps of a login for the person at the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from getpass import getpass
from typing import Any

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.commands.logins.approval import wait_for_approval
from openab_auth.bot.cli.commands.logins.opening import open_logins
from openab_auth.bot.cli.commands.logins.vendor_program import run_here
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.bot.cli.status_table import NothingWaitsError
from openab_auth.oauth.accounts import account_word, vendor_meant
from openab_auth.oauth.entries import generation_together
from openab_auth.oauth.errors import NoPendingLoginError, NotLoggedInError
from openab_auth.oauth.flows import LoginOffer, LoginResult, flow_of
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import UserId

_LONGEST_PASTE = 64 * 1024  # characters; the paste parser refuses much shorter texts with a message


async def login(arguments: argparse.Namespace) -> int:
    """Write the pending login and print its link: step one; for a login by code, wait for the approval."""
    runtime, user = open_runtime(arguments), UserId(arguments.user)
    word = account_word(arguments.vendor, user)
    vendor = (await runtime.catalogue_with_added()).get(word)
    if flow_of(vendor).runs_program:
        return await _run_program(runtime, vendor, user, as_json=arguments.json)
    async with open_logins(runtime) as logins:
        # The person at the console owns the store, so replacing a login needs no confirmation.
        there = await logins.states.details(await logins.account(word))
        beside = await _generation_together(logins, arguments.beside, user)
        async with audited(runtime, "login", user=user) as line:
            line.name(vendor)
            offer = await logins.begin(word, user, replaces=there.generation if there else None, beside=beside)
        print_result(_offered(offer), _steps(offer, user), as_json=arguments.json)
        if offer.user_code and not arguments.no_wait:
            async with audited(runtime, "complete", user=user) as line:
                line.name(vendor)
                done = await wait_for_approval(logins, offer.vendor.name, user, offer.expires_at)
            if not arguments.json:
                print_result({}, _logged_in(runtime, done), as_json=False)
    return DONE


async def _generation_together(logins: Logins, words: Sequence[str], user: UserId) -> str | None:
    """Return the generation of all these logins together, or None if no login is named.

    Raises:
        NotLoggedInError: there is no such login.
    """
    generations = []
    for word in words:
        account = await logins.account(account_word(word, user))
        details = await logins.states.details(account)
        if details is None:
            raise NotLoggedInError(account.tenant)
        generations.append(details.generation)
    return generation_together(generations) if generations else None


async def _run_program(runtime: Runtime, vendor: Vendor, user: UserId, *, as_json: bool) -> int:
    async with audited(runtime, "login", user=user) as line:
        line.name(vendor)
        await run_here(vendor, sys.stderr if as_json else sys.stdout, runtime.catalogue.program_environment(os.environ))
    result = {**_offered(LoginOffer(vendor, "", 0)), "url": None, "expires_at": None}
    text = f"{vendor.title}'s own program is logged in; it stores that login itself."
    print_result(result, text, as_json=as_json)
    return DONE


def _offered(offer: LoginOffer) -> dict[str, object]:
    return {
        "vendor": offer.vendor.name,
        "tenant": offer.vendor.tenant,
        "flow": flow_of(offer.vendor).name,
        "url": offer.url or None,
        "user_code": offer.user_code,
        "expires_at": offer.expires_at,
    }


def _steps(offer: LoginOffer, user: UserId) -> str:
    """Return the warnings and the steps for the person."""
    vendor = offer.vendor
    warnings = [f"Careful: this login is marked {vendor.risk}."] if vendor.risk != "ok" else []
    if vendor.account_at:
        warnings.append(f"Careful: {vendor.token_for} will get the token of an account at {vendor.account_at}.")
    lines = [*warnings, *([vendor.note] if vendor.note else [])]
    if offer.takes_key:
        lines += ["", f"1. Make an API key in your account at {vendor.title}{':' if offer.url else '.'}", ""]
    else:
        lines += ["", f"1. Open this link in any browser and sign in to {vendor.title}:", ""]
    lines += [offer.url, ""] if offer.url else []
    complete = f"openab-auth complete {vendor.name}{f' --user {user}' if user else ''}"
    end = _moment(offer.expires_at)
    if offer.user_code:
        lines += ["2. Check that the page shows this code, or type it there:", "", f"    {offer.user_code}", ""]
        lines.append(f"Do this before {end}. If this command stops, `{complete}` waits for the approval.")
    elif offer.takes_key:
        lines.append(f"2. Run `{complete}` and paste the key there before {end}.")
    else:
        lines.append(
            "2. The last page may fail to load; that is normal. Copy its whole address, or all of the code on it."
        )
        lines.append(f"3. Run `{complete}` and paste it there before {end}.")
    return "\n".join(lines).lstrip("\n")


def complete(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    """Read the redirect from the command line or standard input, or wait for the approval: step two."""
    runtime, user = open_runtime(arguments), UserId(arguments.user)
    word = account_word(arguments.vendor, user)
    vendor = vendor_meant(word, runtime.store.run_here(runtime.catalogue.with_servers_of))
    if vendor is not None and flow_of(vendor).waits and not flow_of(vendor).takes_paste:
        return _wait(runtime, vendor, user, as_json=arguments.json)
    takes_key = vendor is not None and flow_of(vendor).takes_key
    paste = _read_paste(takes_key=takes_key) if arguments.paste is None else arguments.paste
    return _complete(runtime, word, user, paste, as_json=arguments.json)


def _read_paste(*, takes_key: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(_LONGEST_PASTE)
    if takes_key:
        with suppress(EOFError):
            return getpass("Paste the API key, then press Enter; it is not shown: ")
        return ""
    consoles.tell("Paste the address of the last page, then press Enter:\n")
    return sys.stdin.readline(_LONGEST_PASTE)


async def _complete(runtime: Runtime, vendor: str, user: UserId, paste: str, *, as_json: bool) -> int:
    async with open_logins(runtime) as logins:
        async with audited(runtime, "complete", user=user) as line:
            if (row := vendor_meant(vendor, await runtime.catalogue_with_added())) is not None:
                line.name(row)
            done = await logins.complete(paste, user, vendor)
            line.name(done.vendor)
        return _tell(runtime, done, as_json=as_json)


async def _wait(runtime: Runtime, vendor: Vendor, user: UserId, *, as_json: bool) -> int:
    async with open_logins(runtime) as logins:
        waiting = await logins.resume(lambda login: (login.vendor, login.user) == (vendor.name, user))
        expires_at = waiting[0].expires_at if waiting else 0
        async with audited(runtime, "complete", user=user) as line:
            line.name(vendor)
            done = await wait_for_approval(logins, vendor.name, user, expires_at)
        return _tell(runtime, done, as_json=as_json)


def _tell(runtime: Runtime, done: LoginResult, *, as_json: bool) -> int:
    result = {
        "vendor": done.vendor.name,
        "tenant": done.vendor.tenant,
        "expires_at": done.expires_at,
        "account": done.account,
    }
    print_result(result, _logged_in(runtime, done), as_json=as_json)
    return DONE


def _logged_in(runtime: Runtime, done: LoginResult) -> str:
    account = f" as {done.account}" if done.account else ""
    text = f"Logged in to {done.vendor.title}{account}; agents read it from {runtime.location}."
    if done.lacks_project:
        text += "\nThe account has no Code Assist project yet: set it up once, or set GOOGLE_CLOUD_PROJECT."
    return text


async def cancel(arguments: argparse.Namespace) -> int:
    """Cancel a pending login."""
    runtime, user = open_runtime(arguments), UserId(arguments.user)
    async with open_logins(runtime) as logins, audited(runtime, "cancel", user=user) as line:
        try:
            vendor = await logins.cancel(user, account_word(arguments.vendor, user))
        except NoPendingLoginError as error:
            raise NothingWaitsError(error.vendor) from None
        line.name(vendor)
    print_result({"cancelled": True}, f"The pending login to {vendor.title} is cancelled.", as_json=arguments.json)
    return DONE


def _moment(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%H:%M} UTC"
