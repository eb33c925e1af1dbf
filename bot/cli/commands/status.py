"""`status`: print every login, pending login and problem, as the store remembers them; only a broker is asked."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from openab_auth.bot.cli.broker import broker_source
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_for_reading
from openab_auth.oauth.errors import join_words, one_line
from openab_auth.oauth.logins import LoginState, read_status
from openab_auth.storage import CONSOLE, NEVER

if TYPE_CHECKING:
    from openab_auth.oauth.entries import PendingLogin
    from openab_auth.oauth.mcp import GrantedAccess
    from openab_auth.oauth.threads import Because, ThreadAccount
    from openab_auth.oauth.vendors import Vendor
    from openab_auth.storage import ThreadId

_BECAUSE: Final[dict[Because, str]] = {
    "named": "because they name it",
    "thread": "chosen in the thread",
    "personal": "the own account of the thread's owner",
    "shared": "the shared default",
}
_LONGEST: Final = 1000  # characters of a line; a text that another program stored cannot forge a line


def status(arguments: argparse.Namespace) -> int | Coroutine[Any, Any, int]:
    """Print every login, pending login and problem; never a secret."""
    broker = broker_source(arguments)
    if broker is not None:
        from openab_auth.bot.cli.commands.broker_status import print_status  # noqa: PLC0415 - a store needs no request

        return print_status(arguments, broker)
    return _of_store(arguments)


def _of_store(arguments: argparse.Namespace) -> int:
    store, catalogue, location = open_for_reading(arguments)
    found = read_status(store, catalogue=catalogue, now=time.time())
    result: dict[str, object] = {
        "store": location,
        "logins": [_login(login) for login in found.logins]
        + [_held(vendor, variable) for vendor, variable in found.environment],
        "pending": [
            {"vendor": pending.vendor, "user": str(pending.user), "expires_at": pending.expires_at}
            for pending in found.pending
        ],
        "problems": [{"what": problem.what, "repair": problem.repair} for problem in found.problems],
    }
    lines = [f"store {location}"]
    lines += [line for login in found.logins for line in _login_lines(login)] or ["nobody is logged in"]
    lines += [
        one_line(f"pending: {login.vendor} {_whose(login)}, until {_moment(login.expires_at)}", longest=_LONGEST)
        for login in found.pending
    ]
    lines += [f"{vendor.tenant}: in the environment, ${variable}; not stored" for vendor, variable in found.environment]
    if (thread := _thread(arguments)) is not None:
        from openab_auth.oauth.threads import accounts_of_thread  # noqa: PLC0415 - only a thread pays for it

        accounts = accounts_of_thread(thread, store.threads(), catalogue=catalogue, entries=store.read())
        result["thread"] = {"id": str(thread), "accounts": [_thread_account(account) for account in accounts]}
        lines += [one_line(f"thread {thread}: {_account_line(one)}", longest=_LONGEST) for one in accounts]
    lines += [
        f"problem: {one_line(problem.what, longest=_LONGEST)}; {one_line(problem.repair, longest=_LONGEST)}"
        for problem in found.problems
    ]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _thread(arguments: argparse.Namespace) -> ThreadId | None:
    if arguments.thread is None and not any(name.startswith("OPENAB_") for name in os.environ):
        return None
    from openab_auth.oauth.threads import thread_in  # noqa: PLC0415 - as above

    return thread_in(os.environ, arguments.thread)


def _thread_account(account: ThreadAccount) -> dict[str, object]:
    """Return the JSON of the account that agents in a thread get; `problem` is the code of the error otherwise."""
    if account.chosen is None:
        return {"vendor": account.vendor, "login": None, "problem": account.problem and account.problem.code}
    return {"vendor": account.vendor, "login": account.login, "because": account.chosen.because}


def _account_line(account: ThreadAccount) -> str:
    if account.chosen is None:
        return f"no account of {account.vendor}; {account.problem and account.problem.happened}"
    lacks = "; nobody is logged in to it" if account.lacks_login else ""
    return f"agents use {account.login}, {_BECAUSE[account.chosen.because]}{lacks}"


def _held(vendor: Vendor, variable: str) -> dict[str, object]:
    """Return a token of the environment in the form of a login."""
    nobody = dict.fromkeys(("expires_at", "account", "logged_in_by"))
    return {"tenant": vendor.tenant, "kind": "env", "state": "ok", **nobody, "shadowed_by": variable}


def _login(login: LoginState) -> dict[str, object]:
    """Return the JSON of a login; what there is not, as `failed`, is left out."""
    row: dict[str, object] = {
        "tenant": login.tenant,
        "vendor": login.vendor.default_name if login.vendor else None,
        "label": login.label or None,
        "kind": login.kind,
        "state": login.state,
        "expires_at": login.expires_at,
        "account": login.account,
        "logged_in_by": None if login.logged_in_by is None else str(login.logged_in_by),
        "shadowed_by": login.shadowed_by,
    }
    if login.person is not None:
        row["person"] = str(login.person)
    if login.limited_until is not None:
        row["limited_until"] = login.limited_until
    if failed := login.failed:
        row["failed"] = {"reason": failed.reason, "at": int(failed.at), "not_before": int(failed.not_before)}
    if access := login.access:
        row["server"] = {
            "host": access.host or None,
            "issuer": access.issuer or None,
            "asked": access.asked,
            "granted": access.granted,
            "missing": access.missing,
            "hint": _advice(access, login.tenant),
        }
    return row


def _login_lines(login: LoginState) -> list[str]:
    """Return a line that describes the login, and lines with details below it."""
    below = _access_lines(login.access, login.tenant) if login.access else []
    if failed := login.failed:
        at, then = _moment(int(failed.at)), _moment(int(failed.not_before))
        below.append(f"last renewal failed at {at} ({failed.reason}); next attempt not before {then}")
    return [_login_line(login), *(f"  {one_line(line, longest=_LONGEST)}" for line in below)]


def _access_lines(access: GrantedAccess, tenant: str) -> list[str]:
    lines = [f"at {access.host}, authorization server {access.issuer or 'unknown'}"] if access.host else []
    if access.differs:
        lines.append(f"scopes asked for: {join_words(access.asked)}; granted: {join_words(access.granted)}")
    if access.remedy:
        lines.append(f"missing scopes: {join_words(access.missing)}; {_advice(access, tenant)}")
    return lines


def _advice(access: GrantedAccess, tenant: str) -> str | None:
    from openab_auth.oauth.mcp import advice  # noqa: PLC0415 - a store without servers does not pay for it

    return advice(access.remedy, tenant) if access.remedy else None


def _login_line(login: LoginState) -> str:
    lasting = login.expires_at in (None, NEVER)
    until = ", no end known" if lasting else f", access token until {_moment(login.expires_at)}"
    account = f" as {login.account}" if login.account else ""
    limit = f", limited until {_moment(login.limited_until)}" if login.limited_until is not None else ""
    shadow = f", shadowed by ${login.shadowed_by}" if login.shadowed_by else ""
    died = f", refused by its vendor since {_moment(login.died.since)} ({login.died.reason})" if login.died else ""
    return one_line(f"{login.tenant}: {login.state}{account}{until}{limit}{died}{shadow}", longest=_LONGEST)


def _whose(login: PendingLogin) -> str:
    return "at the console" if login.user == CONSOLE else f"for {login.user}"


def _moment(unix_seconds: int | None) -> str:
    try:
        return f"{datetime.fromtimestamp(unix_seconds or 0, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"unix time {unix_seconds}"
