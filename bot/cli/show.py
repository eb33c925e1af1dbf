"""`vendors` and `status`: what can be logged in to, and what is; no request is sent."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bot.cli.output import DONE, print_result
from bot.cli.session import open_session
from oauth.redact import label
from oauth.status import LoginState, read_status
from oauth.vendor import Vendor
from storage import NEVER

_LONGEST: Final = 1000  # characters of a line; what other programs wrote into the file forges none
_KNOWN_FROM: Final = {
    "source": "facts from its tools' source",
    "inferred": "facts inferred, never tried",
    "live": "tried with an account",
}


async def vendors(arguments: argparse.Namespace) -> int:
    """Every vendor of the table and the config, and every server that people added, offered or not."""
    catalogue = open_session(arguments).vendors()
    offered = {vendor.name for vendor in catalogue.offered()}
    rows = [
        {
            "vendor": vendor.name,
            "title": vendor.title,
            "tenant": vendor.tenant,
            "flow": vendor.flow,
            "risk": vendor.risk,
            "enabled": vendor.name in offered,
            "shadowed_by": catalogue.shadowed_by(vendor),
        }
        for vendor in catalogue.all()
    ]
    lines = [line for vendor, row in zip(catalogue.all(), rows, strict=True) for line in _vendor_lines(vendor, row)]
    print_result({"vendors": rows}, "\n".join(lines), as_json=arguments.json)
    return DONE


async def status(arguments: argparse.Namespace) -> int:
    """Every login, pending login and problem; never a secret."""
    session = open_session(arguments)
    entries, notes, problems = await asyncio.gather(
        session.store.read(), session.store.notes(), session.store.problems()
    )
    found = read_status(entries, notes, problems, catalogue=session.vendors(), now=time.time())
    result = {
        "store": session.location,
        "logins": [
            {
                "tenant": login.tenant,
                "kind": login.kind,
                "state": login.state,
                "expires_at": login.expires_at,
                "account": login.account,
                "logged_in_by": None if login.logged_in_by is None else str(login.logged_in_by),
                "shadowed_by": login.shadowed_by,
            }
            for login in found.logins
        ]
        + [_held(vendor, variable) for vendor, variable in found.environment],
        "pending": [
            {"vendor": pending.vendor, "user": str(pending.user), "expires_at": pending.expires_at}
            for pending in found.pending
        ],
        "problems": [{"what": problem.what, "repair": problem.repair} for problem in found.problems],
    }
    lines = [f"store {session.location}"]
    lines += [_login_line(login) for login in found.logins] or ["nobody is logged in"]
    lines += [
        label(f"pending: {pending.vendor} for {pending.user}, until {_moment(pending.expires_at)}", longest=_LONGEST)
        for pending in found.pending
    ]
    lines += [f"{vendor.tenant}: in the environment, ${variable}; not stored" for vendor, variable in found.environment]
    lines += [f"problem: {problem.what}; {problem.repair}" for problem in found.problems]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _vendor_lines(vendor: Vendor, row: Mapping[str, object]) -> list[str]:
    facts = [vendor.title, f"tenant {vendor.tenant}", vendor.flow, vendor.risk, _KNOWN_FROM[vendor.verified]]
    if not row["enabled"]:
        facts.append("not offered")
    if row["shadowed_by"]:
        facts.append(f"shadowed by ${row['shadowed_by']}")
    return [f"{vendor.name:<12} {' · '.join(facts)}", *([f"{'':<12} {vendor.note}"] if vendor.note else [])]


def _held(vendor: Vendor, variable: str) -> dict[str, object]:
    """A token that the operator's environment holds, in the shape of a login."""
    nobody = dict.fromkeys(("expires_at", "account", "logged_in_by"))
    return {"tenant": vendor.tenant, "kind": "env", "state": "ok", **nobody, "shadowed_by": variable}


def _login_line(login: LoginState) -> str:
    until = "" if login.expires_at in (None, NEVER) else f", access token until {_moment(login.expires_at)}"
    account = f" as {login.account}" if login.account else ""
    shadow = f", shadowed by ${login.shadowed_by}" if login.shadowed_by else ""
    died = f", refused by its vendor since {_moment(login.died.since)} ({login.died.reason})" if login.died else ""
    return label(f"{login.tenant}: {login.state}{account}{until}{died}{shadow}", longest=_LONGEST)


def _moment(unix_seconds: int | None) -> str:
    try:
        return f"{datetime.fromtimestamp(unix_seconds or 0, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"unix time {unix_seconds}"
