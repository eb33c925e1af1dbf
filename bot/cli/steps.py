"""`login`, `complete`, `cancel` and `logout` for the person at the console."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.cli.output import DONE, print_result
from bot.cli.session import Session, open_session
from oauth.driver import Driver
from oauth.logins import Logins
from storage import UserId

_LONGEST_PASTE = 64 * 1024  # characters read from standard input; the parser refuses far shorter ones with a sentence


@asynccontextmanager
async def _logins(arguments: argparse.Namespace) -> AsyncIterator[tuple[Session, Logins]]:
    session = open_session(arguments)
    driver = Driver()
    logins = Logins(session.catalogue, session.store, driver)
    try:
        yield session, logins
    finally:
        await logins.aclose()
        await driver.aclose()
        await session.store.aclose()


async def login(arguments: argparse.Namespace) -> int:
    """Step one: write the pending login and print its link."""
    async with _logins(arguments) as (_, logins):
        # Who sits at the console owns the store: replacing somebody's login needs no second question.
        offer = await logins.begin(arguments.vendor, UserId(arguments.user), replace=True)
    vendor = offer.vendor
    result = {
        "vendor": vendor.name,
        "tenant": vendor.tenant,
        "flow": vendor.flow,
        "url": offer.url,
        "user_code": None,
        "expires_at": offer.expires_at,
    }
    user = f" --user {arguments.user}" if arguments.user else ""
    text = (
        f"{f'{vendor.note}{chr(10)}{chr(10)}' if vendor.note else ''}"
        f"1. Open this link in any browser and sign in to {vendor.title}:\n\n{offer.url}\n\n"
        "2. The last page may fail to load; that is right. Copy its whole address, or the code it shows.\n"
        f"3. Run `openab-auth complete {vendor.name}{user}` and paste it there, before {_moment(offer.expires_at)}."
    )
    print_result(result, text, as_json=arguments.json)
    return DONE


async def complete(arguments: argparse.Namespace) -> int:
    """Step two: take the redirect, from the command line or from standard input."""
    paste = arguments.paste
    if paste is None:
        if sys.stdin.isatty():
            sys.stderr.write("Paste the address that the browser ended on, then press Enter:\n")
            paste = sys.stdin.readline(_LONGEST_PASTE)
        else:
            paste = sys.stdin.read(_LONGEST_PASTE)
    async with _logins(arguments) as (session, logins):
        done = await logins.complete(paste, UserId(arguments.user), arguments.vendor)
    result = {
        "vendor": done.vendor.name,
        "tenant": done.vendor.tenant,
        "expires_at": done.expires_at,
        "account": done.account,
    }
    account = f" as {done.account}" if done.account else ""
    text = f"Logged in to {done.vendor.title}{account}; agents find it in {session.location}."
    print_result(result, text, as_json=arguments.json)
    return DONE


async def cancel(arguments: argparse.Namespace) -> int:
    """Forget a pending login."""
    async with _logins(arguments) as (_, logins):
        vendor = await logins.cancel(UserId(arguments.user), arguments.vendor)
    print_result({"cancelled": True}, f"The pending login to {vendor.title} is forgotten.", as_json=arguments.json)
    return DONE


async def logout(arguments: argparse.Namespace) -> int:
    """Revoke the login where the vendor can, then remove it."""
    async with _logins(arguments) as (_, logins):
        done = await logins.logout(arguments.tenant, revoke=not arguments.local)
    result = {"tenant": done.tenant, "revoked": done.revoked, "removed": done.removed}
    revoked = "revoked at the vendor and removed here" if done.revoked else "removed here, not revoked at the vendor"
    note = f" ({done.note})" if done.note else ""
    print_result(result, f"{done.tenant}: {revoked}{note}.", as_json=arguments.json)
    return DONE


def _moment(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%H:%M} UTC"
