"""Send requests to a broker, each under a deadline; what comes back is read in `answers`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlencode

import httpx2

from openab_auth.oauth.client.replies.no_reply import judge_failure
from openab_auth.oauth.client.replies.verdict import RequestContext
from openab_auth.oauth.errors import (
    BrokerSettingError,
    BrokerUnavailableError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import BoundedTransport, awake_timeout, new_client, new_local_client
from openab_auth.oauth.tokens.broker.answers import BrokerReply
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.oauth.tokens.broker.address import BrokerAddress
    from openab_auth.storage import Json, Secret

_CONNECT: Final = 5.0  # seconds until there is a connection
_LOOK_AT_IT: Final = "if it stays away, the operator looks whether `openab-auth serve` runs there"
_LONGEST_CAUSES: Final = 8


class BrokerClient:
    """Sends requests to the broker at `address`, with the `key` if there is one. `environ` names the proxies."""

    def __init__(self, address: BrokerAddress, key: Secret | None, environ: Mapping[str, str]) -> None:
        self._address = address
        self._key = key
        self._environ = environ
        self._http: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def send(
        self,
        method: Literal["GET", "POST"],
        path: tuple[str, ...],
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json = None,
        seconds: float,
    ) -> BrokerReply:
        """Send one request and return the reply, which takes at most `seconds`; `path` has its unquoted segments.

        Raises:
            BrokerUnavailableError: there was no whole reply.
            BrokerSettingError: no trusted connection to this address is possible.
            NetworkVariableError: a variable about proxies or certificates is unusable; nothing was sent.
        """
        transport = BoundedTransport(await self._open())
        request = self._request(method, path, query, body, seconds)
        try:
            async with awake_timeout(seconds):
                reply = await transport.handle_async_request(request)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, OverflowError) as error:
            # `from None`: an httpx2 error holds the request, and so the key
            raise self._failure(error, unsent=transport.certainly_unsent) from None
        return BrokerReply(reply.status_code, reply.content, reply.headers.get("retry-after", ""))

    async def aclose(self) -> None:
        """Close every connection."""
        if self._http is not None:
            await self._http.aclose()

    async def _open(self) -> httpx2.AsyncClient:
        """Return the HTTP client, made in a worker thread at the first request: it reads certificates."""
        async with self._opening:
            if self._http is None:
                address, environ = self._address, self._environ
                if address.is_local:
                    self._http = await in_thread(lambda: new_local_client(address.socket))
                else:
                    self._http = await in_thread(lambda: new_client(environ=environ))
            return self._http

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str | int] | None,
        body: Json,
        seconds: float,
    ) -> httpx2.Request:
        url = "/".join((self._address.url, *(quote(segment, safe="", errors="replace") for segment in path)))
        headers = {"Accept": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
            headers["Content-Type"] = "application/json"
        return httpx2.Request(
            method,
            f"{url}?{urlencode(query)}" if query else url,
            headers=headers,
            content=content,
            extensions={"timeout": {"connect": _CONNECT, "pool": seconds, "read": None, "write": seconds}},
        )

    def _failure(self, error: Exception, *, unsent: bool) -> OAuthError:
        place = self._address.place
        judged = judge_failure(RequestContext(place, "", "other"), error, unsent=unsent)
        if isinstance(judged, VendorUnavailableError):
            system = _system_reason(error)
            reason = f"{judged.reason} ({system})" if system and unsent else judged.reason
            return BrokerUnavailableError(place, reason, todo=_LOOK_AT_IT)
        problem = judged.reason if isinstance(judged, VendorMisconfiguredError) else judged.happened
        return BrokerSettingError(f"the broker at {place}", f"cannot be trusted ({problem})", judged.todo)


def _system_reason(error: BaseException | None) -> str:
    """Return the system's words for a failure, such as that the socket is not there."""
    for _ in range(_LONGEST_CAUSES):
        if error is None or isinstance(error, OSError):
            break
        error = error.__cause__ or error.__context__
    return (error.strerror or "") if isinstance(error, OSError) else ""
