"""Find the pending login that a paste belongs to; the flow of that login reads the paste."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import NoPendingLoginError, OAuthError, PasteRefusedError, WhichLoginError
from openab_auth.oauth.flows.registry import flow_of
from openab_auth.oauth.logins.begun import CataloguesOfLogins
from openab_auth.oauth.paste import PasteMistake, read_paste
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.entries import CONSOLE, PendingEntry, UserId


class Pasteable(NamedTuple):
    """A pending login in the store that a paste can end, and the row of its vendor."""

    row: Vendor
    login: PendingLogin
    entry: PendingEntry


def pasteable(
    pending: Iterable[tuple[PendingLogin, PendingEntry]],
    catalogues: CataloguesOfLogins,
    user: UserId,
    vendor: str | None,
    generation: str | None,
) -> list[Pasteable]:
    """Return those of a person's pending logins in the store that a paste can end, at vendors that are offered.

    With a `vendor` or a `generation`, only the logins of that vendor or that generation.
    """
    found = [
        Pasteable(row, login, entry)
        for login, entry in pending
        if vendor in {None, login.vendor} and generation in {None, login.generation}
        if (row := catalogues.of(login).named(VendorName(login.vendor)))
    ]
    return [
        one
        for one in found
        if flow_of(one.row).takes_paste
        and flow_of(one.row).in_store
        and not catalogues.of(one.login).refusal(one.row.name)
        if user == CONSOLE or person_of(one.row.label) in {None, user}  # a personal account is its person's alone
    ]


def login_of_paste(mine: list[Pasteable], text: str, programs: list[PendingLogin]) -> Pasteable:
    """Return the login that the pasted text names; otherwise the newest one, which explains what is wrong with it.

    `programs` are the logins by a vendor's own program, for which the text could be meant, too.

    Raises:
        WhichLoginError: no login is named, and one of several takes keys: a secret must not go to the wrong vendor.
    """
    for one in mine:
        if flow_of(one.row).owns_paste(text, one.entry):
            return one
    waiting = [*(one.login for one in mine), *programs]
    if len(waiting) > 1 and any(flow_of(one.row).takes_key for one in mine):
        raise WhichLoginError(login.vendor for login in waiting)
    return max(mine, key=lambda one: one.login.created_at)


def unexpected_paste(text: str, vendor: Vendor | None) -> OAuthError:
    """Return the error for a paste for which no login waits; `vendor` is the one that the person named.

    People must learn that they showed a token, unless they were asked for a key.
    """
    if vendor is None or not flow_of(vendor).takes_key:
        try:
            read_paste(text)
        except PasteRefusedError as refusal:
            if refusal.reason == PasteMistake.TOKEN_OR_KEY:
                return refusal
    return NoPendingLoginError(vendor.name if vendor else None)
