"""What every source of tokens does for an agent, be it on a store or at a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from openab_auth.oauth.entries import SKEW

if TYPE_CHECKING:
    from datetime import datetime

    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.errors import InsufficientScopeError
    from openab_auth.storage import Secret


class Tokens(Protocol):
    """The part of a source that a `TokenAuth` calls; `TokenSource` describes each method."""

    async def get_valid(self, tenant_or_vendor: str) -> AccessToken:
        """Return a valid token."""
        ...

    async def force_refresh(
        self, tenant_or_vendor: str, rejected: AccessToken | Secret | str | None = None
    ) -> AccessToken:
        """Return another token than `rejected`."""
        ...

    async def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token may go."""
        ...

    async def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Note the scopes that a server demands."""
        ...


class AnySource(Tokens, Protocol):
    """A source on a store (`TokenSource`) or at a broker (`BrokerTokenSource`)."""

    async def get_valid(self, tenant_or_vendor: str, *, min_ttl: float = SKEW, wait: float = 0) -> AccessToken:
        """Return a token that lives for more than `min_ttl` seconds; wait up to `wait` seconds for a login."""
        ...

    async def limited(self, tenant_or_vendor: str, *, until: float | datetime) -> Account:
        """Record that an account is limited."""
        ...

    async def aclose(self) -> None:
        """Close everything that the source has opened."""
        ...
