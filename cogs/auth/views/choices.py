"""Autocompletion of vendors, logins, pending logins and added servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias, TypeVar

from discord import app_commands

from openab_auth.cogs.auth.guard import AccessDeniedError
from openab_auth.cogs.auth.text import CHOICE, CHOICES, Language, account_title, label, units
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.logins import LoginState
from openab_auth.oauth.vendors import Vendor
from openab_auth.oauth.vendors.account_labels import OWN, SHARED, is_label, person_of
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError

T = TypeVar("T")
Reason: TypeAlias = Literal["not-allowed", "unreadable", "offered", "pending", "logins", "servers"]
NO_CHOICE: Final = "?"
"""The value of a choice that only explains why there is no other; no vendor, login or server has this name."""
_TITLE: Final = 60  # units of a choice's name


def no_choice(language: Language, reason: Reason) -> list[app_commands.Choice[str]]:
    """Return a single choice that says why there is nothing to choose."""
    return [app_commands.Choice(name=label(language.label(f"choice-none-{reason}"), CHOICE), value=NO_CHOICE)]


async def suggest(
    language: Language,
    asked: Awaitable[Sequence[T]],
    choices: Callable[[Sequence[T]], list[app_commands.Choice[str]]],
    nothing: Reason,
) -> list[app_commands.Choice[str]]:
    """Return the choices from the answer of the service, or the reason why there are none."""
    try:
        found = await asked
    except AccessDeniedError:
        return no_choice(language, "not-allowed")
    except OpenabAuthError:
        return no_choice(language, "unreadable")
    return choices(found) if found else no_choice(language, nothing)


def login_choices(
    language: Language, vendors: Iterable[Vendor], states: Iterable[LoginState], typed: str
) -> list[app_commands.Choice[str]]:
    """Return the offered vendors: the title, whether somebody is logged in, and a warning for risky vendors."""
    by_tenant = {state.tenant: state for state in states}
    return _matching(
        (
            (_vendor_label(language, vendor, by_tenant.get(vendor.tenant)), vendor.name, vendor.title)
            for vendor in vendors
        ),
        typed,
    )


def _vendor_label(language: Language, vendor: Vendor, state: LoginState | None) -> str:
    parts = [label(vendor.title, _TITLE), state_label(language, state)]
    if language.has(risk := f"choice-{vendor.risk}"):
        parts.append(language.label(risk))
    return " · ".join(parts)


def state_label(language: Language, state: LoginState | None) -> str:
    """Return whether somebody is logged in to an account, and whether that login works."""
    ended = state is not None and state.state == "dead"
    return language.label("choice-log-in-again" if ended else "choice-logged-in" if state else "choice-not-logged-in")


def logout_choices(language: Language, states: Iterable[LoginState], typed: str) -> list[app_commands.Choice[str]]:
    """Return the logins, each with its account."""
    return _matching(
        (
            (
                " · ".join(
                    [
                        label(account_title(language, state.vendor) if state.vendor else state.tenant, _TITLE),
                        *filter(None, [state.account]),
                    ]
                ),
                state.tenant,
                state.vendor.name if state.vendor else "",
            )
            for state in states
        ),
        typed,
    )


def account_choices(
    language: Language, found: Mapping[str, str], person: UserId, typed: str, *, new: bool = False
) -> list[app_commands.Choice[str]]:
    """Return accounts of one vendor: `found` has a detail for each label; the shared default has no label.

    With `new`, a label that was typed and is free is one more choice.
    """
    choices = [
        (_account_label(language, label, person, detail), _account_value(label, person), label)
        for label, detail in found.items()
    ]
    wanted = typed.strip().lower()
    if new and is_label(wanted) and person_of(wanted) is None and wanted not in found:
        choices.append((language.label("choice-account-new", label=wanted), wanted, ""))
    return _matching(choices, typed)


def _account_value(account_label: str, person: UserId) -> str:
    return SHARED if not account_label else OWN if person_of(account_label) == person else account_label


def _account_label(language: Language, account_label: str, person: UserId, detail: str) -> str:
    owner = person_of(account_label)
    if not account_label:
        name = language.label("choice-account-shared")
    elif owner is None:
        name = account_label
    elif owner == person:
        name = language.label("choice-account-own")
    else:
        name = language.label("choice-account-of", person=str(owner))
    return f"{name} · {detail}" if detail else name


def pending_choices(pending: Iterable[PendingLogin], typed: str) -> list[app_commands.Choice[str]]:
    """Return the person's own pending logins."""
    return _matching(((login.vendor, login.vendor, "") for login in pending), typed)


def server_choices(names: Iterable[str], typed: str) -> list[app_commands.Choice[str]]:
    """Return the servers that people added."""
    return _matching(((name, name, "") for name in names), typed)


def _matching(found: Iterable[tuple[str, str, str]], typed: str) -> list[app_commands.Choice[str]]:
    """Return the choices that contain what was typed; choices that begin with it come first.

    Each of `found` is a label, a value and another name to search in.
    """
    wanted = typed.strip().casefold()
    if units(wanted) > CHOICE:
        return []
    hits = [
        (not (value.casefold().startswith(wanted) or shown.casefold().startswith(wanted)), shown, value)
        for shown, value, other in found
        if units(value) <= CHOICE and any(wanted in text.casefold() for text in (shown, value, other))
    ]
    hits.sort(key=lambda hit: hit[0])
    return [
        app_commands.Choice(name=label(shown, CHOICE) or label(value, CHOICE) or "?", value=value)
        for _, shown, value in hits[:CHOICES]
    ]
