"""List the account of each vendor that a thread uses, for people who ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.oauth.accounts import owner_of_login, stored_account
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import OAuthError
from openab_auth.oauth.threads.choice import ChosenAccount, choose
from openab_auth.oauth.threads.records import ThreadRecords, policies_in
from openab_auth.oauth.threads.vendor_keys import vendor_key
from openab_auth.storage.entries import LoginEntry, Tenant

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage.entries import Entry, UserId
    from openab_auth.storage.records.threads import ThreadId, ThreadRecord


@dataclass(frozen=True, slots=True)
class ThreadAccount:
    """The account of one vendor or server in a thread, or the `problem` why agents get none.

    `vendor` is a `vendor_key`. `lacks_login`: nobody is logged in to the account; never of one that the asking person
    may not see.
    """

    vendor: str
    chosen: ChosenAccount | None = None
    problem: OAuthError | None = None
    lacks_login: bool = False

    @property
    def login(self) -> Tenant | None:
        """Return the key of the login that serves the thread; None if there is a problem."""
        return self.chosen.account.tenant if self.chosen else None


def accounts_of_thread(
    thread: ThreadId,
    records: Mapping[str, ThreadRecord],
    *,
    catalogue: Catalogue,
    entries: Mapping[str, Entry],
    may_see: Callable[[UserId | None], bool] = lambda _person: True,
) -> tuple[ThreadAccount, ...]:
    """Return the accounts of all vendors that have a login or a choice in this thread, sorted by vendor.

    `may_see` says whether the person who asks may see the own accounts of another person. A vendor is left out if only
    accounts that they may not see have a login there; those of the thread's owner are shown to everybody.
    """
    known, config = ThreadRecords(records), policies_in(catalogue.auth)
    owner = known.owner(thread)

    def is_shown(tenant: Tenant, entry: LoginEntry) -> bool:
        person = owner_of_login(tenant, entry, catalogue)
        return person in {None, owner} or may_see(person)

    logins = (
        stored_account(Tenant(tenant), entry, catalogue)
        for tenant, entry in entries.items()
        if isinstance(entry, LoginEntry) and login_entry.has_login(entries, Tenant(tenant))
        if is_shown(Tenant(tenant), entry)
    )

    def of_vendor(key: str) -> ThreadAccount:
        try:
            chosen = choose(key, thread, known, config=config, catalogue=catalogue, entries=entries)
        except OAuthError as error:
            return ThreadAccount(key, problem=error)
        account = chosen.account
        lacks_login = not login_entry.has_login(entries, account.tenant) and may_see(account.person)
        return ThreadAccount(key, chosen, lacks_login=lacks_login)

    return tuple(map(of_vendor, sorted({*map(vendor_key, logins), *known.labels(thread)})))
