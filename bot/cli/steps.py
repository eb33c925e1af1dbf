"""`login`, `complete`, `cancel` and `logout` for the person at the console."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from openab_auth.bot.cli.output import DONE, print_result
from openab_auth.bot.cli.program import run_here
from openab_auth.bot.cli.session import Session, open_session
from openab_auth.bot.cli.waiting import wait_for_approval
from openab_auth.oauth.client import Driver
from openab_auth.oauth.flows import LoginOffer, LoginResult, flow_of
from openab_auth.oauth.logins import Logins, LogoutResult
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import UserId

_LONGEST_PASTE = 64 * 1024  # characters read from standard input; the parser refuses far shorter ones with a sentence


@asynccontextmanager
async def _logins(session: Session) -> AsyncIterator[Logins]:
    driver = Driver()
    logins = Logins(session.catalogue, session.store, driver)
    try:
        yield logins
    finally:
        await logins.aclose()
        await driver.aclose()
        await session.store.aclose()


async def login(arguments: argparse.Namespace) -> int:
    """Step one: write the pending login and print its link; with a code to type, wait until that is approved."""
    session, user = open_session(arguments), UserId(arguments.user)
    vendor = session.with_added().get(arguments.vendor)
    if flow_of(vendor).runs_program:
        return await _run_program(session, vendor, as_json=arguments.json)
    async with _logins(session) as logins:
        # Who sits at the console owns the store: replacing the login that is there needs no second question.
        there = await logins.login_state(arguments.vendor)
        offer = await logins.begin(arguments.vendor, user, replaces=there.generation if there else None)
        print_result(_offered(offer), _steps(offer, user), as_json=arguments.json)
        if offer.user_code and not arguments.no_wait:
            done = await wait_for_approval(logins, offer.vendor.name, user, offer.expires_at)
            if not arguments.json:
                print_result({}, _logged_in(session, done), as_json=False)
    return DONE


async def _run_program(session: Session, vendor: Vendor, *, as_json: bool) -> int:
    await run_here(vendor, sys.stderr if as_json else sys.stdout, session.catalogue.program_environment(os.environ))
    result = {**_offered(LoginOffer(vendor, "", 0)), "url": None, "expires_at": None}
    text = f"{vendor.title}'s own program says that it is logged in; it keeps that login itself."
    print_result(result, text, as_json=as_json)
    return DONE


def _offered(offer: LoginOffer) -> dict[str, object]:
    return {
        "vendor": offer.vendor.name,
        "tenant": offer.vendor.tenant,
        "flow": flow_of(offer.vendor).name,
        "url": offer.url,
        "user_code": offer.user_code,
        "expires_at": offer.expires_at,
    }


def _steps(offer: LoginOffer, user: UserId) -> str:
    """What the person is to do, after what they should know first."""
    vendor = offer.vendor
    warnings = [f"Careful: this login is marked {vendor.risk}."] if vendor.risk != "ok" else []
    if vendor.account_at:
        warnings.append(f"Careful: {vendor.token_for} will get the token of an account at {vendor.account_at}.")
    lines = [*warnings, *([vendor.note] if vendor.note else [])]
    lines += ["", f"1. Open this link in any browser and sign in to {vendor.title}:", "", offer.url, ""]
    complete = f"openab-auth complete {vendor.name}{f' --user {user}' if user else ''}"
    end = _moment(offer.expires_at)
    if offer.user_code:
        lines += ["2. See that the page shows this code, or type it there:", "", f"    {offer.user_code}", ""]
        lines.append(f"That has to be done before {end}. `{complete}` waits for it if this command does not.")
    else:
        lines.append("2. The last page may fail to load; that is right. Copy its whole address, or the code it shows.")
        lines.append(f"3. Run `{complete}` and paste it there, before {end}.")
    return "\n".join(lines).lstrip("\n")


def complete(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    """Step two: take the redirect, from the command line or from standard input, or wait for the approval."""
    session, user = open_session(arguments), UserId(arguments.user)
    vendor = session.with_added().find(arguments.vendor)
    if vendor is not None and flow_of(vendor).waits and not flow_of(vendor).takes_paste:
        return _wait(session, vendor, user, as_json=arguments.json)
    paste = _read_paste() if arguments.paste is None else arguments.paste
    return _complete(session, arguments.vendor, user, paste, as_json=arguments.json)


def _read_paste() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(_LONGEST_PASTE)
    sys.stderr.write("Paste the address that the browser ended on, then press Enter:\n")
    return sys.stdin.readline(_LONGEST_PASTE)


async def _complete(session: Session, vendor: str, user: UserId, paste: str, *, as_json: bool) -> int:
    async with _logins(session) as logins:
        return _tell(session, await logins.complete(paste, user, vendor), as_json=as_json)


async def _wait(session: Session, vendor: Vendor, user: UserId, *, as_json: bool) -> int:
    async with _logins(session) as logins:
        waiting = await logins.resume(lambda login: (login.vendor, login.user) == (vendor.name, user))
        expires_at = waiting[0].expires_at if waiting else 0
        return _tell(session, await wait_for_approval(logins, vendor.name, user, expires_at), as_json=as_json)


def _tell(session: Session, done: LoginResult, *, as_json: bool) -> int:
    result = {
        "vendor": done.vendor.name,
        "tenant": done.vendor.tenant,
        "expires_at": done.expires_at,
        "account": done.account,
    }
    print_result(result, _logged_in(session, done), as_json=as_json)
    return DONE


def _logged_in(session: Session, done: LoginResult) -> str:
    account = f" as {done.account}" if done.account else ""
    text = f"Logged in to {done.vendor.title}{account}; agents find it in {session.location}."
    if done.lacks_project:
        text += "\nThe account has no Code Assist project yet: set it up once, or set GOOGLE_CLOUD_PROJECT."
    return text


async def cancel(arguments: argparse.Namespace) -> int:
    """Forget a pending login."""
    async with _logins(open_session(arguments)) as logins:
        vendor = await logins.cancel(UserId(arguments.user), arguments.vendor)
    print_result({"cancelled": True}, f"The pending login to {vendor.title} is forgotten.", as_json=arguments.json)
    return DONE


async def logout(arguments: argparse.Namespace) -> int:
    """Revoke the login where the vendor can, then remove it."""
    async with _logins(open_session(arguments)) as logins:
        done = await logins.logout(arguments.tenant, revoke=not arguments.local)
    result: dict[str, object] = {"tenant": done.tenant, "revoked": done.revoked, "removed": done.removed}
    if done.left:
        result["left"] = done.left
    print_result(result, _logged_out(done), as_json=arguments.json)
    return DONE


def _logged_out(done: LogoutResult) -> str:
    if done.removed:
        said = "revoked at the vendor and removed here" if done.revoked else "removed here, not revoked at the vendor"
    else:
        said = "another login came in meanwhile and stands" if done.stands else "it was gone already"
        said += "; nothing was removed"
        if done.revoked:
            said += f", but {'the former one' if done.stands else 'it'} is revoked at the vendor"
    left = "".join(f"\nCareful: {what}." for what in done.left)
    return f"{done.tenant}: {said}{f' ({done.note})' if done.note else ''}.{left}"


def _moment(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, UTC):%H:%M} UTC"
