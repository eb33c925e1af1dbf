"""The `auth=` of synchronous clients: httpx2, httpx and requests take the same object."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, Self, TypeVar, cast

from openab_auth.oauth.http import origin_of, read_bearer

if TYPE_CHECKING:
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.errors import InsufficientScopeError

R = TypeVar("R")  # a request of any of the libraries
_HEADER: Final = "Authorization"
_CHALLENGE: Final = "www-authenticate"
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_INSUFFICIENT: Final = "insufficient_scope"
_CLIENTS: Final = ("httpx2", "httpx")  # the libraries whose clients ask for a class of their own


class Tokens(Protocol):
    """The part of `SyncTokenSource` that the authentication calls; each method is described there."""

    def get_valid(self, tenant_or_vendor: str) -> AccessToken:
        """Return a valid token."""
        ...

    def force_refresh(self, tenant_or_vendor: str, rejected: AccessToken | None = None) -> AccessToken:
        """Return another token than `rejected`."""
        ...

    def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token may go."""
        ...

    def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Note the scopes that a server demands."""
        ...


class _Request(Protocol):
    """A request of any of the libraries."""

    url: Any
    headers: MutableMapping[str, str]


class _Response(Protocol):
    """A response of any of the libraries."""

    status_code: int
    headers: Mapping[str, str]
    request: Any


class _PreparedRequest(_Request, Protocol):
    """A `requests.PreparedRequest`."""

    body: object

    def register_hook(self, event: str, hook: Callable[..., object]) -> None: ...
    def deregister_hook(self, event: str, hook: Callable[..., object]) -> bool: ...
    def copy(self) -> Self: ...


class SyncTokenAuth:
    """Attaches the access token of one login to each request, as `TokenAuth` does for asynchronous clients.

    It is an `Auth` of httpx2 and of httpx, and a callable as `requests` wants it.
    """

    requires_request_body = True  # a body that comes as a stream could not be sent a second time
    requires_response_body = False

    def __init__(self, source: Tokens, tenant_or_vendor: str) -> None:
        self._source = source
        self._word = tenant_or_vendor
        self._refused: AccessToken | None = None

    def auth_flow(self, request: _Request) -> Generator[_Request, _Response, None]:
        """Send a request of httpx2 or httpx with the token; after a 401, once more with the next token.

        Raises:
            OAuthError: there is no token, no other token after the 401, or the token has too few scopes.
            StorageError: the store cannot be read or written.
        """
        token, server = self._token_for(str(request.url))
        if token is None:
            yield request
            return
        response = yield _with(request, token)
        if (renewed := self._next(response, token)) is not None:
            response = yield _with(request, renewed)
            self._note(response, renewed)
        self._check_scopes(response, server)

    def __call__(self, request: R) -> R:
        """Prepare a request of `requests`: it gets the token, and a hook that repeats it after a 401."""
        prepared = cast("_PreparedRequest", request)
        token, server = self._token_for(str(prepared.url))
        if token is None:
            return request
        first = token
        place = cast("BinaryIO", prepared.body).tell() if hasattr(prepared.body, "tell") else None

        def answered(response: Any, **keywords: object) -> object:  # noqa: ANN401 - requests has no types here
            if (renewed := self._next(response, first)) is not None:
                if place is not None:
                    cast("BinaryIO", response.request.body).seek(place)
                _ = response.content  # frees the connection
                response.close()
                again: _PreparedRequest = response.request.copy()
                again.deregister_hook("response", answered)
                second = response.connection.send(_with(again, renewed), **keywords)
                second.history.append(response)
                second.request = again
                self._note(second, renewed)
                response = second
            self._check_scopes(response, server)
            return response

        prepared.register_hook("response", answered)
        _with(prepared, token)
        return request

    def _token_for(self, url: str) -> tuple[AccessToken | None, str | None]:
        """Return the token for a request to `url`, None if it may not go there; and the server that it is for."""
        token, server = self._source.get_valid(self._word), self._source.server_url(self._word)
        return (token if server is None or origin_of(server) == origin_of(url) else None), server

    def _next(self, response: _Response, token: AccessToken) -> AccessToken | None:
        """Return the next token if a server has refused this one; a redirect to another host carries none."""
        carried = _HEADER in response.request.headers
        if response.status_code != _UNAUTHORIZED or not carried or token == self._refused:
            return None
        return self._source.force_refresh(self._word, rejected=token)

    def _note(self, response: _Response, renewed: AccessToken) -> None:
        """Remember a new token that is refused as well: it is most likely meant for another server."""
        self._refused = renewed if response.status_code == _UNAUTHORIZED else None

    def _check_scopes(self, response: _Response, server: str | None) -> None:
        """Raise an error when an MCP server demands more scopes (RFC 6750 3.1); ignore any other 403."""
        if server is None or response.status_code != _FORBIDDEN or _HEADER not in response.request.headers:
            return  # a redirect to another host carries no token, so its 403 says nothing about ours
        challenge = read_bearer([response.headers.get(_CHALLENGE, "")])
        if challenge and challenge.error == _INSUFFICIENT:
            raise self._source.demand(self._word, challenge.scopes)


def new_auth(source: Tokens, tenant_or_vendor: str) -> SyncTokenAuth:
    """Return the authentication, of a class that each library that the program has loaded takes for its own."""
    loaded = tuple(cast("type[Any]", sys.modules[name].Auth) for name in _CLIENTS if name in sys.modules)
    return _class_for(loaded)(source, tenant_or_vendor)


@cache
def _class_for(clients: tuple[type[Any], ...]) -> type[SyncTokenAuth]:
    return type("SyncTokenAuth", (SyncTokenAuth, *clients), {})


def _with(request: _Request, token: AccessToken) -> _Request:
    request.headers[_HEADER] = f"Bearer {token.value.reveal()}"
    return request
