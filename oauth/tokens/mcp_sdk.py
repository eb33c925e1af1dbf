"""The MCP Python SDK's own client on our store (package `mcp`, the extra `mcp` of ours).

The SDK reads a store once and then renews by itself, with no regard for other processes. So it gets an access token
that is valid now and no refresh token: nothing that it could post. A 401 then means that somebody has to log in. That
covers processes that live less than a token; for others give the SDK's transport an `httpx2.AsyncClient` with
`TokenSource.auth`, which reads the store for each request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NoReturn

from mcp.client.auth import OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from openab_auth.oauth.client import TokenResponse
from openab_auth.oauth.entries.login_entry import renewed_entry, tenant_of
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import DEFAULT_REDIRECT
from openab_auth.storage import NEVER, Draft, McpEntry, Secret

_UNSAID = 3600  # seconds that a token lives whose reply does not say
_NOBODY_LISTENS = [AnyUrl(DEFAULT_REDIRECT)]


class SdkStorage:
    """An `mcp.client.auth.TokenStorage` that serves the login to `mcp:NAME`; `clock` gives unix seconds."""

    def __init__(self, source: TokenSource, server: str, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._server = server
        self._clock = clock
        self._served: Secret | None = None

    async def get_tokens(self) -> OAuthToken:
        """A token that is valid now, refreshed first if need be, with what is left of its life.

        Raises:
            OAuthError, StorageError: as `TokenSource.get_valid`; above all, that nobody is logged in there.
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
        """Keep what the SDK obtained, unless another login or refresh has taken the place of what it was given."""
        now = self._clock()
        grant = TokenResponse(
            access_token=Secret(tokens.access_token),
            refresh_token=Secret(tokens.refresh_token) if tokens.refresh_token else None,
            expires_at=int(now) + (_UNSAID if tokens.expires_in is None else tokens.expires_in),
            scopes=tuple((tokens.scope or "").split()),
        )

        def swap(draft: Draft) -> None:
            tenant = tenant_of(draft, self._server)
            entry = draft.get(tenant)
            if isinstance(entry, McpEntry) and entry.access_token == self._served:
                draft[tenant] = renewed_entry(entry, grant, now=now)
                self._served = grant.access_token

        await self._source.store.update(swap)

    async def get_client_info(self) -> OAuthClientInformationFull:
        """The client of the login, bound to its issuer; never its secret, which the SDK has no use for.

        Raises:
            NotLoggedInError: nobody is logged in there.
        """
        entry = await self._entry()
        return OAuthClientInformationFull(
            client_id=entry.client_id,
            redirect_uris=_NOBODY_LISTENS,
            token_endpoint_auth_method="none",  # noqa: S106 - a method
            issuer=entry.issuer,
        )

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Without effect: registrations are made, and kept, by logins from Discord or the console."""

    async def _entry(self) -> McpEntry:
        entries = await self._source.store.read()
        entry = entries.get(tenant_of(entries, self._server))
        if not isinstance(entry, McpEntry):
            raise NotLoggedInError(self._server)
        return entry


async def sdk_auth(source: TokenSource, server: str) -> OAuthClientProvider:
    """The SDK's own `httpx2.Auth` for the login to `server`; where it would open a browser, it raises.

    Raises:
        OAuthError, StorageError: as `TokenSource.server_url`.
    """
    url = await source.server_url(server)
    if url is None:
        raise NotLoggedInError(server)

    async def no_browser(*_: str) -> NoReturn:
        raise LoginDeadError(server, "the server refuses its token")

    metadata = OAuthClientMetadata(redirect_uris=_NOBODY_LISTENS, token_endpoint_auth_method="none")  # noqa: S106 - as above
    return OAuthClientProvider(url, metadata, SdkStorage(source, server), no_browser, no_browser)
