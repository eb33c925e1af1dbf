"""An httpx2 `Auth` for agents: it sends the current token, and repeats a request once after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Final

import httpx2

from openab_auth.oauth.http import origin_of, read_bearer

if TYPE_CHECKING:
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.tokens.any_source import Tokens

_HEADER: Final = "Authorization"
_INSUFFICIENT: Final = "insufficient_scope"


class AsyncOnlyError(TypeError):
    """Raised by a synchronous client: a refresh, which may be necessary, needs an event loop."""

    def __init__(self) -> None:
        super().__init__("TokenSource.auth works with httpx2.AsyncClient; synchronous code takes openab_auth.sync")


class TokenAuth(httpx2.Auth):
    """Attaches the access token of one login to each request (RFC 6750 2.1).

    A 401 leads to one refresh and one repetition. The caller judges the second response. A new token that is refused as
    well is not renewed again: it is most likely meant for another server. An MCP server's token goes to that server
    alone, and a 403 for missing scopes becomes an error that asks for another login.
    """

    def __init__(self, source: Tokens, tenant_or_vendor: str) -> None:
        self._source = source
        self._word = tenant_or_vendor
        self._refused: AccessToken | None = None

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token; after a 401, send it once more with the next token.

        Raises:
            OAuthError: there is no token, no other token after the 401, or the token has too few scopes.
            StorageError: the store cannot be read or written.
        """
        await request.aread()  # a body that comes as a stream could not be sent a second time
        token = await self._source.get_valid(self._word)
        server = await self._source.server_url(self._word)
        if server is not None and origin_of(server) != origin_of(request.url):
            yield request
            return
        response = yield _with(request, token)
        # A redirect to another host carries no token, so its 401 says nothing about ours.
        if _is_refused(response) and token != self._refused:
            token = await self._source.force_refresh(self._word, rejected=token)
            response = yield _with(request, token)
            self._refused = token if _is_refused(response) else None
        if server is not None and response.status_code == httpx2.codes.FORBIDDEN:
            await self._check_scopes(response)

    async def _check_scopes(self, response: httpx2.Response) -> None:
        """Raise an error when the server demands more scopes (RFC 6750 3.1, MCP's step-up); ignore any other 403."""
        challenge = read_bearer(response.headers.get_list("www-authenticate"))
        if challenge and challenge.error == _INSUFFICIENT and _HEADER in response.request.headers:
            raise await self._source.demand(self._word, challenge.scopes)

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Raise `AsyncOnlyError`."""
        del request
        raise AsyncOnlyError


def _is_refused(response: httpx2.Response) -> bool:
    return response.status_code == httpx2.codes.UNAUTHORIZED and _HEADER in response.request.headers


def _with(request: httpx2.Request, token: AccessToken) -> httpx2.Request:
    request.headers[_HEADER] = f"Bearer {token.value.reveal()}"
    return request
