"""An httpx2 `Auth` for agents: the current token on every request, and one repetition after a 401."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING

import httpx2

if TYPE_CHECKING:
    from oauth.tokens import TokenSource


class AsyncOnlyError(TypeError):
    """A token may have to be refreshed, which needs an event loop."""

    def __init__(self) -> None:
        super().__init__("TokenSource.auth works with httpx2.AsyncClient; use `openab-auth token` in synchronous code")


class TokenAuth(httpx2.Auth):
    """Attaches the access token of one login (RFC 6750 2.1)."""

    requires_request_body = True  # a request that is repeated must be able to send its body again

    def __init__(self, source: TokenSource, tenant_or_vendor: str) -> None:
        self._source = source
        self._tenant = tenant_or_vendor

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token; after a 401 once more with the next one."""
        token = await self._source.get_valid(self._tenant)
        request.headers["Authorization"] = f"Bearer {token.value.reveal()}"
        response = yield request
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            token = await self._source.force_refresh(self._tenant, rejected=token)
            request.headers["Authorization"] = f"Bearer {token.value.reveal()}"
            yield request

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Refused: see AsyncOnlyError."""
        del request
        raise AsyncOnlyError
