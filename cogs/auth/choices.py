"""Autocompletion: vendors to log in to, logins to end, pending logins to finish or forget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from discord import app_commands

from cogs.auth import words
from oauth.pending import PendingLogin
from oauth.status import LoginState
from oauth.vendor import Vendor

_MOST: Final = 25  # choices that Discord shows
_LONGEST: Final = 100  # characters of a choice's name and of its value
_SHORT: Final = {"ok": "logged in", "expiring": "logged in", "expired": "logged in", "dead": "log in again"}


def login_choices(
    vendors: Iterable[Vendor], states: Iterable[LoginState], typed: str
) -> list[app_commands.Choice[str]]:
    """The offered vendors: title, whether somebody is logged in, and a warning for the risky ones."""
    by_tenant = {state.tenant: state for state in states}
    return _matching(
        ((_vendor_label(vendor, by_tenant.get(vendor.tenant)), vendor.name, vendor.title) for vendor in vendors), typed
    )


def _vendor_label(vendor: Vendor, state: LoginState | None) -> str:
    parts = [vendor.title[:50], _SHORT[state.state] if state else "not logged in"]
    if words.risk_of(vendor):
        parts.append("⚠ terms may forbid it" if vendor.risk == "tos-risk" else "⚠ experimental")
    return " · ".join(parts)


def logout_choices(states: Iterable[LoginState], typed: str) -> list[app_commands.Choice[str]]:
    """What is logged in, with its account."""
    return _matching(
        (
            (
                " · ".join(
                    [(state.vendor.title if state.vendor else state.tenant)[:50], *filter(None, [state.account])]
                ),
                state.tenant,
                state.vendor.name if state.vendor else "",
            )
            for state in states
        ),
        typed,
    )


def pending_choices(pending: Iterable[PendingLogin], typed: str) -> list[app_commands.Choice[str]]:
    """One's own pending logins."""
    return _matching(((login.vendor, login.vendor, "") for login in pending), typed)


def _matching(found: Iterable[tuple[str, str, str]], typed: str) -> list[app_commands.Choice[str]]:
    """The (label, value, other name) that hold what was typed, those that begin with it first."""
    wanted = typed.strip().casefold()
    hits = [
        (not (value.casefold().startswith(wanted) or label.casefold().startswith(wanted)), label, value)
        for label, value, other in found
        if len(value) <= _LONGEST and any(wanted in text.casefold() for text in (label, value, other))
    ]
    hits.sort(key=lambda hit: hit[0])
    return [app_commands.Choice(name=label[:_LONGEST], value=value) for _, label, value in hits[:_MOST]]
