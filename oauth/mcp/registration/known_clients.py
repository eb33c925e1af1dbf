"""The clients that we have at authorization servers, one record for each server and issuer in the clients file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.entries.account_limits import drop_unused_clients

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.mcp_server import McpServer
    from openab_auth.storage.commit.draft import Draft
    from openab_auth.storage.records.clients import ClientRecord

_MOST_CLIENTS: Final = 3  # of one server, which may name another authorization server each time it is asked


def client_key(server: McpServer, issuer: str) -> str:
    """Return the key under which the clients file keeps the client of `server` at this issuer."""
    return f"{server.vendor_name} {issuer}"


def issuers_of(server: McpServer, clients: Mapping[str, ClientRecord]) -> list[str]:
    """Return the issuers at which this server has a client already."""
    start = client_key(server, "")
    return [key.removeprefix(start) for key in clients if key.startswith(start)]


def keep_client(draft: Draft, server: McpServer, issuer: str, record: ClientRecord) -> None:
    """Keep the client of a server at this issuer, and the newest of its clients at other issuers."""
    key = client_key(server, issuer)
    others = [other for other in draft.clients if other.startswith(client_key(server, "")) and other != key]
    for other in others[: 1 - _MOST_CLIENTS]:
        del draft.clients[other]
    draft.clients[key] = record
    if server.label:
        drop_unused_clients(draft, key)


def forget_client(draft: Draft, server: McpServer, issuer: str) -> None:
    """Drop a client that the issuer no longer knows, so that the next login registers another one."""
    draft.clients.pop(client_key(server, issuer), None)
