"""An httpx2 `Auth` for agents: the current token on every request, and one repetition after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Final

import httpx2

from openab_auth.oauth.http import origin_of, read_bearer

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.source import AccessToken, TokenSource

_HEADER: Final = "Authorization"
_INSUFFICIENT: Final = "insufficient_scope"


class AsyncOnlyError(TypeError):
    """A token may have to be refreshed, which needs an event loop."""

    def __init__(self) -> None:
        super().__init__("TokenSource.auth works with httpx2.AsyncClient; use `openab-auth token` in synchronous code")


class TokenAuth(httpx2.Auth):
    """Attaches the access token of one login (RFC 6750 2.1).

    A 401 leads to one refresh and one repetition; what the second answer says is the caller's to judge, and a new token
    that is refused as well is not renewed again: it is most likely for somebody else. An MCP server's token goes to
    that server alone, and a 403 for want of scopes is an error that asks for another login.
    """

    def __init__(self, source: TokenSource, tenant_or_vendor: str) -> None:
        self._source = source
        self._tenant = tenant_or_vendor
        self._refused: AccessToken | None = None

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token; after a 401 once more with the next one.

        Raises:
            OAuthError: there is no token to send, none to send after the 401, or one with too few scopes.
            StorageError: the store cannot be read or written.
        """
        await request.aread()  # a body that comes as a stream could not be sent a second time
        token = await self._source.get_valid(self._tenant)
        server = await self._source.server_url(self._tenant)
        if server is not None and origin_of(server) != origin_of(request.url):
            yield request
            return
        response = yield _with(request, token)
        # A redirect to another host carries no token, so its 401 says nothing about ours.
        if _is_refused(response) and token != self._refused:
            token = await self._source.force_refresh(self._tenant, rejected=token)
            response = yield _with(request, token)
            self._refused = token if _is_refused(response) else None
        if server is not None and response.status_code == httpx2.codes.FORBIDDEN:
            await self._check_scopes(response)

    async def _check_scopes(self, response: httpx2.Response) -> None:
        """Raise what a server's demand for more scopes means (RFC 6750 3.1, MCP's step-up); pass any other 403."""
        challenge = read_bearer(response.headers.get_list("www-authenticate"))
        if challenge and challenge.error == _INSUFFICIENT and _HEADER in response.request.headers:
            raise await self._source.demand(self._tenant, challenge.scopes)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Refused: see AsyncOnlyError."""
        del request
        raise AsyncOnlyError


def _is_refused(response: httpx2.Response) -> bool:
    return response.status_code == httpx2.codes.UNAUTHORIZED and _HEADER in response.request.headers


def _with(request: httpx2.Request, token: AccessToken) -> httpx2.Request:
    request.headers[_HEADER] = f"Bearer {token.value.reveal()}"
    return request
