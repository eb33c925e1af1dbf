"""Find the account that a typed word means: the word becomes an `Account` once, where it comes in.

Slash commands, the command line and the public API take a word: the name of a vendor, the key of a login, `mcp:NAME` or
the bare name of a server. They call `resolve`; the code below them takes an `Account` or its tenant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openab_auth.oauth.vendors.server_names import SERVER_PREFIX, bare_name, full_name
from openab_auth.storage.entries import Entry, McpEntry, Tenant, TokenEntry

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Account:
    """One login, whether it exists already or not.

    `name` is the vendor's name, or `mcp:NAME` for an MCP server. `tenant` is the key of the login in the store. The
    label will be a third field as soon as a vendor can have several accounts; it is part of the tenant then.
    """

    name: str
    tenant: Tenant

    @property
    def is_server(self) -> bool:
        """Return whether this is a login to an MCP server."""
        return self.name.startswith(SERVER_PREFIX)


def resolve(word: str, catalogue: Catalogue | None, entries: Mapping[str, Entry]) -> Account:
    """Return the account that `word` means, given the vendors that are configured and the entries in the store.

    Without a catalogue, `word` is the key of a login or `mcp:NAME`. A word that means nothing here is taken as a key.
    """
    if word.startswith(SERVER_PREFIX) or (catalogue and catalogue.server(word)):
        return _server(bare_name(word), entries)
    vendor = catalogue.find(word) if catalogue else None
    account = Account(vendor.name, vendor.tenant) if vendor else Account(word, Tenant(word))
    if isinstance(entries.get(account.tenant), McpEntry):  # of a server that the config no longer names
        return Account(full_name(account.tenant), account.tenant)
    return account


def _server(name: str, entries: Mapping[str, Entry]) -> Account:
    """Return the account of an MCP server.

    Its tenant is the bare name, where the Rust agents look for the login. It is `mcp:NAME` if a vendor's login has the
    bare name, or if an agent has written the login under `mcp:NAME`.
    """
    tenants = Tenant(name), Tenant(full_name(name))
    found = next((tenant for tenant in tenants if isinstance(entries.get(tenant), McpEntry)), None)
    free = tenants[1] if isinstance(entries.get(name), TokenEntry) else tenants[0]
    return Account(full_name(name), found or free)
