"""Find the account that a typed word means: the word becomes an `Account` once, where it comes in.

Slash commands, the command line and the public API take a word: the name of a vendor, the key of a login, `mcp:NAME` or
the bare name of a server, each with `@label` for another account than the shared default. They call `resolve`; the code
below them takes an `Account`, a `VendorName` or a `Tenant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.oauth.errors import NobodyMeantError, NotLoggedInError, ProgramKeepsLoginError
from openab_auth.oauth.vendors.account_labels import (
    OWN,
    SHARED,
    own_label,
    person_in,
    person_of,
    with_label,
)
from openab_auth.oauth.vendors.flow_rules import rules_of
from openab_auth.oauth.vendors.server_names import VendorName, bare_name, full_name, names_server
from openab_auth.storage.entries import Entry, LoginEntry, McpEntry, Tenant, TokenEntry, UserId

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue
    from openab_auth.oauth.vendors.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Account:
    """One login, whether it exists already or not.

    `name` is the vendor's name, or `mcp:NAME` for an MCP server. `tenant` is the key of the login in the store. Both
    end in `@label` for an account that has a `label`.
    """

    name: VendorName
    tenant: Tenant
    label: str = ""

    @property
    def person(self) -> UserId | None:
        """Return the person whose own account this is; None for an account of everybody."""
        return person_of(self.label)

    @property
    def is_server(self) -> bool:
        """Return whether this is a login to an MCP server."""
        return names_server(self.name)


def account_word(word: str, person: UserId | None) -> str:
    """Return the word with the label that it means: that of `person` for `@me`, none for `@shared`.

    Raises:
        NobodyMeantError: nobody is known who could be meant by `@me`.
    """
    base, at, label = word.rpartition("@")
    if not (at and base) or label not in {SHARED, OWN}:
        return word
    if label == SHARED:
        return base
    if person is None:
        raise NobodyMeantError(base)
    return with_label(base, own_label(person))


def resolve(
    word: str, catalogue: Catalogue | None, entries: Mapping[str, Entry], person: UserId | None = None
) -> Account:
    """Return the account that `word` means, given the vendors that are configured and the entries in the store.

    Without a catalogue, `word` is the key of a login or `mcp:NAME`. A word that means nothing here is taken as a key.
    `person` is meant by `@me`.

    Raises:
        NobodyMeantError: nobody is known who could be meant by `@me`.
    """
    word = account_word(word, person)
    if names_server(word) or (catalogue and catalogue.server_named(full_name(word))):
        return _server(bare_name(word), catalogue, entries)
    vendor = vendor_meant(word, catalogue) if catalogue else None
    name, tenant = (vendor.name, vendor.tenant) if vendor else (VendorName(word), Tenant(word))
    if isinstance(entries.get(tenant), McpEntry):  # of a server that the config no longer names
        return _server(bare_name(tenant), catalogue, entries)
    return Account(name, tenant, vendor.label if vendor else "")


def needs_catalogue(word: str, entries: Mapping[str, Entry]) -> bool:
    """Return whether only the config tells what `word` means: it is neither `mcp:NAME` nor the key of a vendor's login.

    The bare name of a server needs it, too: a server of this name must not hide the vendor.
    """
    return not (names_server(word) or isinstance(entries.get(word), TokenEntry))


def stored_account(tenant: Tenant, entry: Entry, catalogue: Catalogue) -> Account:
    """Return the account of the login that is stored as `entry` under `tenant`."""
    if isinstance(entry, McpEntry):
        server = catalogue.server_of(tenant)
        return Account(full_name(tenant), tenant, server.label if server else "")
    vendor = catalogue.vendor_of(tenant)
    return Account(vendor.name, tenant, vendor.label) if vendor else Account(VendorName(tenant), tenant)


def owner_of_login(tenant: Tenant, entry: LoginEntry, catalogue: Catalogue) -> UserId | None:
    """Return the person whose own account has this key; None for an account of everybody.

    The account of a vendor that the config no longer has is still its person's own.
    """
    if catalogue.row_of(tenant, entry) is not None:  # a vendor's own tenant may end in `@`, too
        return stored_account(tenant, entry, catalogue).person
    return person_in(tenant)


def vendor_meant(word: str, catalogue: Catalogue) -> Vendor | None:
    """Return the vendor or server that `word` means, offered or not; None if there is none.

    Other programs write a tenant in place of the vendor's name into the key of a pending login, so that the vendor in
    such a key is a word, too.
    """
    return catalogue.named(VendorName(word)) or catalogue.vendor_of(Tenant(word))


def not_logged_in(account: Account, catalogue: Catalogue | None) -> NotLoggedInError:
    """Return the error for a login that is not in the store: the vendor's own program may keep it."""
    vendor = catalogue.named(account.name) if catalogue else None
    if vendor is not None and rules_of(vendor).runs_program:
        return ProgramKeepsLoginError(account.tenant, vendor.title, vendor.command[0])
    return NotLoggedInError(account.tenant)


def _server(name: str, catalogue: Catalogue | None, entries: Mapping[str, Entry]) -> Account:
    """Return the account of an MCP server.

    Its tenant is the bare name, where the Rust agents look for the login. It is `mcp:NAME` if a vendor's login has the
    bare name, or if an agent has written the login under `mcp:NAME`.
    """
    tenants = Tenant(name), Tenant(full_name(name))
    found = next((tenant for tenant in tenants if isinstance(entries.get(tenant), McpEntry)), None)
    free = tenants[1] if isinstance(entries.get(name), TokenEntry) else tenants[0]
    server = catalogue.server_named(full_name(name)) if catalogue else None
    return Account(full_name(name), found or free, server.label if server else "")
