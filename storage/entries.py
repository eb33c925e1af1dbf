"""The three shapes of an entry in the store, and the keys of entries.

The Rust agents parse the whole credential file at once, and discard all of it if one entry fits none of these shapes.
These classes therefore have exactly the fields that the agents accept. `storage.format` turns text into entries and
entries into text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NewType, TypeAlias

from openab_auth.storage.secret import Secret

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Tenant = NewType("Tenant", str)  # the key of a login: the tenant of a vendor, or the name of an MCP server
UserId = NewType("UserId", int)  # the id of a Discord user; 0 stands for the person at the console

NEVER: Final = 2**64 - 1  # `expires_at` of a token that does not expire
CONSOLE: Final = UserId(0)
PENDING_LIFETIME: Final = 15 * 60  # seconds between the login link and the paste


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A login at a vendor; `expires_at` is in unix seconds, and `extra` holds all fields that we do not know."""

    access_token: Secret
    refresh_token: Secret  # empty when the vendor gave none
    expires_at: int
    token_endpoint: str
    provider: str  # equals the key
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """A pending login, which waits for its paste; `created_at` is in unix seconds."""

    verifier: Secret
    state: Secret
    token_url: str
    provider_name: str
    resource: str | None = None
    created_at: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class McpEntry:
    """A login at an MCP server, in the shape of the credentials that rmcp stores.

    `token_response` is the reply of the server. The token expires `expires_in` seconds after `token_received_at`.
    """

    client_id: str
    token_response: Mapping[str, Json] | None = field(default=None, repr=False)
    granted_scopes: tuple[str, ...] = ()
    token_received_at: int | None = None
    issuer: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def access_token(self) -> Secret:
        """Return the access token; it is empty if the client is registered but nobody has logged in."""
        return self._of_reply("access_token")

    @property
    def refresh_token(self) -> Secret:
        """Return the refresh token; it is empty if the server gave none."""
        return self._of_reply("refresh_token")

    @property
    def expires_at(self) -> int:
        """Return the expiry in unix seconds, or NEVER if the server gave none."""
        lifetime = (self.token_response or {}).get("expires_in")
        if self.token_received_at is None or not isinstance(lifetime, int | float) or isinstance(lifetime, bool):
            return NEVER
        return int(min(self.token_received_at + lifetime, NEVER))

    def _of_reply(self, name: str) -> Secret:
        value = (self.token_response or {}).get(name)
        return Secret(value if isinstance(value, str) else "")


LoginEntry: TypeAlias = TokenEntry | McpEntry
Entry: TypeAlias = TokenEntry | PendingEntry | McpEntry


def last_token(login: LoginEntry) -> Secret:
    """Return the token with which a login lives: the refresh token, or the access token if nobody can renew it."""
    return login.refresh_token or login.access_token


def pending_key(vendor: str, user: UserId) -> str:
    """Return the key of the pending login of one person at one vendor."""
    return f"pending:{vendor}:{user}"
