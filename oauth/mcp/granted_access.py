"""Tell which scopes a login at a server has and lacks, as far as the store knows; no request is sent.

`status` shows these scopes. `doctor` asks the server, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from openab_auth.oauth.mcp.binding import binding_of
from openab_auth.oauth.mcp.scopes import ScopeRemedy, missing_scopes, remedy_for
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import ClientRecord, McpEntry


@dataclass(frozen=True, slots=True)
class GrantedAccess:
    """The server that a login is bound to and the scopes that it has there; an unknown value is empty.

    `host` is the server's, with its port but without the path, which may hold a key. `asked` are the scopes in the
    link. `missing` are the scopes that the server demanded since and that the login lacks; `remedy` says how to get
    them.
    """

    host: str
    issuer: str
    asked: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    remedy: ScopeRemedy | None = None

    @property
    def withheld(self) -> tuple[str, ...]:
        """Return the scopes that were asked for and not granted."""
        return tuple(scope for scope in self.asked if scope not in self.granted)

    @property
    def differs(self) -> bool:
        """Return whether the granted scopes differ from those that were asked for."""
        return bool(self.asked) and set(self.asked) != set(self.granted)


def access_of(entry: McpEntry, record: ClientRecord | None, server: McpServer | None) -> GrantedAccess:
    """Return the access of the login in `entry`; `record` is its client's, `server` its server if configured."""
    binding = binding_of(entry, record)
    asked = binding.scopes if binding else ()
    granted = entry.granted_scopes or asked  # RFC 6749 5.1: a server that names no scopes granted those asked for
    missing = missing_scopes(granted, record)
    return GrantedAccess(
        host=_host(binding.url if binding else server.url if server else ""),
        issuer=entry.issuer or (binding.issuer if binding else ""),
        asked=asked,
        granted=granted,
        missing=missing,
        remedy=remedy_for(missing, record, server) if missing else None,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
