"""Reads the two words of a command, vendor and account; names them in the audit log, and narrows a status to them."""

from __future__ import annotations

from collections.abc import Iterable

from openab_auth.cogs.auth.guard import AuditLine
from openab_auth.oauth.accounts import account_word, vendor_meant
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.errors import NoPendingLoginError, WhichLoginError
from openab_auth.oauth.logins import Status
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.oauth.vendors.account_labels import SHARED, person_of, split_label
from openab_auth.storage.entries import UserId


def account_named(catalogue: Catalogue, vendor: str, account: str | None, person: UserId) -> str:
    """Return the word for an account of a vendor; without an `account`, the vendor's own word may name one."""
    if account is None:
        return account_word(vendor, person)
    row = vendor_meant(vendor, catalogue)
    return account_word(f"{row.default_name if row else vendor}@{account.strip().lower()}", person)


def pending_named(pending: Iterable[PendingLogin], account: str, person: UserId) -> str:
    """Return the vendor of the person's only pending login that has this account.

    Raises:
        NoPendingLoginError, WhichLoginError: there is none, or there are several.
    """
    label = split_label(account_word(f"any@{account.strip().lower()}", person))[1]
    found = [login.vendor for login in pending if split_label(login.vendor)[1] == label]
    if not found:
        raise NoPendingLoginError(None)
    if len(found) > 1:
        raise WhichLoginError(found)
    return found[0]


def name_in_line(line: AuditLine, catalogue: Catalogue, word: str) -> None:
    """Name the account in the audit line if its vendor exists: people paste secrets into the wrong field."""
    line.name(vendor_meant(word, catalogue))
    line.person = _person_meant(catalogue, word)


def _person_meant(catalogue: Catalogue, word: str) -> UserId | None:
    """Return whose own account a word means; None for a shared account.

    The account of a vendor that the config no longer has is still its person's own. `@shared` behind a label is left
    out, as `resolve` does.
    """
    word = word.removesuffix(f"@{SHARED}")
    row = vendor_meant(word, catalogue)
    return person_of(row.label if row else split_label(word)[1])


def narrowed(status: Status, catalogue: Catalogue, vendor: str | None, account: str | None, person: UserId) -> Status:
    """Return the part of a status that is about this vendor, this account, or both; all of it if neither is named."""
    if vendor is None and account is None:
        return status
    word = account_named(catalogue, vendor or "any", account, person)
    row = vendor_meant(word, catalogue)
    base, label = (row.default_name, row.label) if row else split_label(word)
    any_account = account is None and not label

    def is_meant(name: str) -> bool:
        one = catalogue.named(VendorName(name)) or vendor_meant(name, catalogue)
        of, has = (one.default_name, one.label) if one else split_label(name)
        return (vendor is None or of == base) and (any_account or has == label)

    return status._replace(
        logins=tuple(state for state in status.logins if is_meant(state.vendor.name if state.vendor else state.tenant)),
        pending=tuple(login for login in status.pending if is_meant(login.vendor)),
        environment=tuple(found for found in status.environment if is_meant(found[0].name)),
    )
