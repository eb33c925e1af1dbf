"""How a login at a server stands, by what the store remembers of it: nobody is asked.

`status` shows this much; `doctor` asks the server besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from openab_auth.oauth.mcp.binding import binding_of
from openab_auth.oauth.mcp.scopes import Remedy, missing_scopes, remedy_for
from openab_auth.oauth.vendors import McpServer
from openab_auth.storage import ClientRecord, McpEntry


@dataclass(frozen=True, slots=True)
class GrantedAccess:
    """What a login is bound to and what it may do there; empty is what nobody remembers.

    `host` is the server's, with its port; a path may hold a key. `asked` are the scopes that its link named, `missing`
    those that the server has demanded since and that it has not; `remedy` gets them.
    """

    host: str
    issuer: str
    asked: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    remedy: Remedy | None = None

    @property
    def withheld(self) -> tuple[str, ...]:
        """What was asked for and not granted."""
        return tuple(scope for scope in self.asked if scope not in self.granted)

    @property
    def differs(self) -> bool:
        """Whether something else was granted than asked for."""
        return bool(self.asked) and set(self.asked) != set(self.granted)


def granted_access(entry: McpEntry, record: ClientRecord | None, server: McpServer | None) -> GrantedAccess:
    """How the login in `entry` stands; `record` is its client's, `server` its table in the config."""
    binding = binding_of(entry, record)
    asked = binding.scopes if binding else ()
    granted = entry.granted_scopes or asked  # RFC 6749 5.1: a server that names none has granted what was asked for
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
