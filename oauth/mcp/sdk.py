"""The MCP Python SDK's own client on our store (package `mcp`, which our extra `mcp` installs).

The SDK reads its storage once and then renews by itself, without regard for other processes. So it gets a valid access
token and no refresh token, and has nothing to post. A 401 then means that somebody has to log in. This suits processes
that end before their token does. In others, give the SDK's transport an `httpx2.AsyncClient` with `TokenSource.auth`,
which reads the store for each request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Protocol

from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from openab_auth.oauth.accounts import resolve
from openab_auth.oauth.client import TokenResponse
from openab_auth.oauth.entries import renewed_entry
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.vendors import DEFAULT_REDIRECT
from openab_auth.storage import NEVER, AsyncStore, Draft, McpEntry, Secret

if TYPE_CHECKING:
    from openab_auth.oauth.entries import AccessToken

_DEFAULT_LIFETIME = 3600  # seconds, when the token response names none
_UNUSED_REDIRECTS = [AnyUrl(DEFAULT_REDIRECT)]  # the SDK asks for one; nothing listens there


class Tokens(Protocol):
    """The part of `TokenSource` that the SDK's storage needs; each member is described there."""

    @property
    def store(self) -> AsyncStore:
        """Return the store that the tokens come from."""
        ...

    async def get_valid(self, tenant_or_vendor: str) -> AccessToken:
        """Return a valid token."""
        ...

    async def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token may go."""
        ...


class SdkStorage:
    """An `mcp.client.auth.TokenStorage` with the login to one server; `clock` gives unix seconds."""

    def __init__(self, source: Tokens, server: str, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._server = server
        self._clock = clock
        self._served: Secret | None = None

    async def get_tokens(self) -> OAuthToken:
        """Return a token that is valid now, refreshed first where it has to be, and the rest of its lifetime.

        Raises:
            OAuthError, StorageError: as `TokenSource.get_valid`; most often, that nobody is logged in there.
        """
        token = await self._source.get_valid(self._server)
        self._served = token.value
        entry = await self._entry()
        return OAuthToken(
            access_token=token.value.reveal(),
            expires_in=None if token.expires_at == NEVER else max(0, int(token.expires_at - self._clock())),
            scope=" ".join(entry.granted_scopes) or None,
        )

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Store the tokens that the SDK obtained, unless another process has replaced the token that the SDK had."""
        now = self._clock()
        response = TokenResponse(
            access_token=Secret(tokens.access_token),
            refresh_token=Secret(tokens.refresh_token) if tokens.refresh_token else None,
            expires_at=int(now) + (_DEFAULT_LIFETIME if tokens.expires_in is None else tokens.expires_in),
            scopes=tuple((tokens.scope or "").split()),
        )

        def swap(draft: Draft) -> None:
            tenant = resolve(self._server, None, draft).tenant
            entry = draft.get(tenant)
            if isinstance(entry, McpEntry) and entry.access_token == self._served:
                draft[tenant] = renewed_entry(entry, response, now=now)
                self._served = response.access_token

        await self._source.store.update(swap)

    async def get_client_info(self) -> OAuthClientInformationFull:
        """Return the client of the login, bound to its issuer; without its secret, which the SDK does not need.

        Raises:
            NotLoggedInError: nobody is logged in there.
        """
        entry = await self._entry()
        return OAuthClientInformationFull(
            client_id=entry.client_id,
            redirect_uris=_UNUSED_REDIRECTS,
            token_endpoint_auth_method="none",  # noqa: S106 - a method
            issuer=entry.issuer,
        )

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Do nothing: a login from Discord or the console registers the client and keeps it."""

    async def _entry(self) -> McpEntry:
        entries = await self._source.store.read()
        entry = entries.get(resolve(self._server, None, entries).tenant)
        if not isinstance(entry, McpEntry):
            raise NotLoggedInError(self._server)
        return entry


async def sdk_auth(source: Tokens, server: str) -> OAuthClientProvider:
    """Return the SDK's own `httpx2.Auth` for the login to `server`; it raises an error instead of opening a browser.

    Raises:
        OAuthError, StorageError: as `TokenSource.server_url`.
    """
    url = await source.server_url(server)
    if url is None:
        raise NotLoggedInError(server)

    async def no_browser(*_: str) -> NoReturn:
        raise LoginDeadError(server, "the server refuses its token")

    metadata = OAuthClientMetadata(redirect_uris=_UNUSED_REDIRECTS, token_endpoint_auth_method="none")  # noqa: S106 - as above
    return OAuthClientProvider(url, metadata, SdkStorage(source, server), no_browser, no_browser)
