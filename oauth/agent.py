"""An httpx2 `Auth` for agents: the current token on every request, and one repetition after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Final

import httpx2

if TYPE_CHECKING:
    from oauth.tokens import AccessToken, TokenSource

_HEADER: Final = "Authorization"


class AsyncOnlyError(TypeError):
    """A token may have to be refreshed, which needs an event loop."""

    def __init__(self) -> None:
        super().__init__("TokenSource.auth works with httpx2.AsyncClient; use `openab-auth token` in synchronous code")


class TokenAuth(httpx2.Auth):
    """Attaches the access token of one login (RFC 6750 2.1).

    A 401 leads to one refresh and one repetition; what the second answer says is the caller's to judge.
    """

    def __init__(self, source: TokenSource, tenant_or_vendor: str) -> None:
        self._source = source
        self._tenant = tenant_or_vendor

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token; after a 401 once more with the next one.

        Raises:
            OAuthError: there is no token to send, or none to send after the 401.
            StorageError: the store cannot be read or written.
        """
        await request.aread()  # a body that comes as a stream could not be sent a second time
        token = await self._source.get_valid(self._tenant)
        response = yield _with(request, token)
        # A redirect to another host carries no token, so its 401 says nothing about ours.
        if response.status_code == httpx2.codes.UNAUTHORIZED and _HEADER in response.request.headers:
            yield _with(request, await self._source.force_refresh(self._tenant, rejected=token))

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Refused: see AsyncOnlyError."""
        del request
        raise AsyncOnlyError


def _with(request: httpx2.Request, token: AccessToken) -> httpx2.Request:
    request.headers[_HEADER] = f"Bearer {token.value.reveal()}"
    return request
