"""`vendors` and `status`: what can be logged in to, and what is; no request is sent."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from openab_auth.bot.cli.output import DONE, print_result
from openab_auth.bot.cli.session import open_session
from openab_auth.oauth.errors import join_words, one_line
from openab_auth.oauth.flows import flow_of
from openab_auth.oauth.logins import LoginState, read_status
from openab_auth.oauth.mcp import GrantedAccess, advice
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import NEVER

_LONGEST: Final = 1000  # characters of a line; what other programs wrote into the file forges none
_KNOWN_FROM: Final = {
    "source": "facts from its tools' source",
    "inferred": "facts inferred, never tried",
    "live": "tried with an account",
}


async def vendors(arguments: argparse.Namespace) -> int:
    """Every vendor of the table and the config, and every server that people added, offered or not."""
    catalogue = open_session(arguments).with_added()
    offered = {vendor.name for vendor in catalogue.offered()}
    rows = [
        {
            "vendor": vendor.name,
            "title": vendor.title,
            "tenant": vendor.tenant,
            "flow": flow_of(vendor).name,
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
    found = await read_status(session.store, catalogue=session.with_added(), now=time.time())
    result = {
        "store": session.location,
        "logins": [_login(login) for login in found.logins]
        + [_held(vendor, variable) for vendor, variable in found.environment],
        "pending": [
            {"vendor": pending.vendor, "user": str(pending.user), "expires_at": pending.expires_at}
            for pending in found.pending
        ],
        "problems": [{"what": problem.what, "repair": problem.repair} for problem in found.problems],
    }
    lines = [f"store {session.location}"]
    lines += [line for login in found.logins for line in _login_lines(login)] or ["nobody is logged in"]
    lines += [
        one_line(f"pending: {pending.vendor} for {pending.user}, until {_moment(pending.expires_at)}", longest=_LONGEST)
        for pending in found.pending
    ]
    lines += [f"{vendor.tenant}: in the environment, ${variable}; not stored" for vendor, variable in found.environment]
    lines += [f"problem: {problem.what}; {problem.repair}" for problem in found.problems]
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return DONE


def _vendor_lines(vendor: Vendor, row: Mapping[str, object]) -> list[str]:
    facts = [vendor.title, f"tenant {vendor.tenant}", flow_of(vendor).name, vendor.risk, _KNOWN_FROM[vendor.verified]]
    if not row["enabled"]:
        facts.append("not offered")
    if row["shadowed_by"]:
        facts.append(f"shadowed by ${row['shadowed_by']}")
    return [f"{vendor.name:<12} {' · '.join(facts)}", *([f"{'':<12} {vendor.note}"] if vendor.note else [])]


def _held(vendor: Vendor, variable: str) -> dict[str, object]:
    """A token that the operator's environment holds, in the shape of a login."""
    nobody = dict.fromkeys(("expires_at", "account", "logged_in_by"))
    return {"tenant": vendor.tenant, "kind": "env", "state": "ok", **nobody, "shadowed_by": variable}


def _login(login: LoginState) -> dict[str, object]:
    """One login; `failed` and `server` are there only where there is something to say."""
    row: dict[str, object] = {
        "tenant": login.tenant,
        "kind": login.kind,
        "state": login.state,
        "expires_at": login.expires_at,
        "account": login.account,
        "logged_in_by": None if login.logged_in_by is None else str(login.logged_in_by),
        "shadowed_by": login.shadowed_by,
    }
    if failed := login.failed:
        row["failed"] = {"reason": failed.reason, "at": int(failed.at), "not_before": int(failed.not_before)}
    if standing := login.standing:
        row["server"] = {
            "host": standing.host or None,
            "issuer": standing.issuer or None,
            "asked": standing.asked,
            "granted": standing.granted,
            "missing": standing.missing,
            "hint": advice(standing.remedy, login.tenant) if standing.remedy else None,
        }
    return row


def _login_lines(login: LoginState) -> list[str]:
    """What it is in the first line, what is worth to know of it in those below."""
    below = _standing_lines(login.standing, login.tenant) if login.standing else []
    if failed := login.failed:
        at, then = _moment(int(failed.at)), _moment(int(failed.not_before))
        below.append(f"its last renewal failed at {at} ({failed.reason}); no other is tried before {then}")
    return [_login_line(login), *(f"  {one_line(line, longest=_LONGEST)}" for line in below)]


def _standing_lines(standing: GrantedAccess, tenant: str) -> list[str]:
    lines = [f"at {standing.host}, authorization server {standing.issuer or 'not known'}"] if standing.host else []
    if standing.differs:
        lines.append(f"scopes asked for: {join_words(standing.asked)}; granted: {join_words(standing.granted)}")
    if standing.remedy:
        lines.append(f"scopes that an agent lacked: {join_words(standing.missing)}; {advice(standing.remedy, tenant)}")
    return lines


def _login_line(login: LoginState) -> str:
    until = "" if login.expires_at in (None, NEVER) else f", access token until {_moment(login.expires_at)}"
    account = f" as {login.account}" if login.account else ""
    shadow = f", shadowed by ${login.shadowed_by}" if login.shadowed_by else ""
    died = f", refused by its vendor since {_moment(login.died.since)} ({login.died.reason})" if login.died else ""
    return one_line(f"{login.tenant}: {login.state}{account}{until}{died}{shadow}", longest=_LONGEST)


def _moment(unix_seconds: int | None) -> str:
    try:
        return f"{datetime.fromtimestamp(unix_seconds or 0, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return f"unix time {unix_seconds}"
