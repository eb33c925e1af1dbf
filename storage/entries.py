"""The three shapes of an entry in the credential file, and the keys that entries lie under.

The Rust agents parse the whole map at once and throw the whole file away when one entry fits none of these shapes, so
what these classes hold is exactly what those agents accept. Text becomes entries, and entries text, in `storage.codec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NewType, TypeAlias

from openab_auth.storage.secret import Secret

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Tenant = NewType("Tenant", str)  # the key of a login: a vendor's tenant or an MCP server's name
UserId = NewType("UserId", int)  # a Discord user's id; 0 is the person at the console

NEVER: Final = 2**64 - 1  # `expires_at` of a token that does not expire
CONSOLE: Final = UserId(0)
PENDING_LIFETIME: Final = 15 * 60  # seconds between the login link and the paste


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """A login at a vendor; `expires_at` is in unix seconds, `extra` holds the fields we do not know."""

    access_token: Secret
    refresh_token: Secret  # empty when the vendor gave none
    expires_at: int
    token_endpoint: str
    provider: str  # equals the key
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PendingEntry:
    """Step one of a login, waiting for its paste; `created_at` is in unix seconds."""

    verifier: Secret
    state: Secret
    token_url: str
    provider_name: str
    resource: str | None = None
    created_at: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class McpEntry:
    """A login at an MCP server, in the shape of rmcp's stored credentials.

    `token_response` is the server's own reply; the token expires at `token_received_at` plus its `expires_in`.
    """

    client_id: str
    token_response: Mapping[str, Json] | None = field(default=None, repr=False)
    granted_scopes: tuple[str, ...] = ()
    token_received_at: int | None = None
    issuer: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def access_token(self) -> Secret:
        """Empty for a client that is registered at the server and that nobody has logged in with."""
        return self._of_reply("access_token")

    @property
    def refresh_token(self) -> Secret:
        """Empty when the server gave none."""
        return self._of_reply("refresh_token")

    @property
    def expires_at(self) -> int:
        """In unix seconds; NEVER where the server did not say, so that the token is good until it is refused."""
        lifetime = (self.token_response or {}).get("expires_in")
        if self.token_received_at is None or not isinstance(lifetime, int | float) or isinstance(lifetime, bool):
            return NEVER
        return int(min(self.token_received_at + lifetime, NEVER))

    def _of_reply(self, name: str) -> Secret:
        value = (self.token_response or {}).get(name)
        return Secret(value if isinstance(value, str) else "")


LoginEntry: TypeAlias = TokenEntry | McpEntry
Entry: TypeAlias = TokenEntry | PendingEntry | McpEntry


def pending_key(vendor: str, user: UserId) -> str:
    """The key of one person's pending login at one vendor."""
    return f"pending:{vendor}:{user}"
