"""Send requests to a stranger's addresses before a login: with limits, without repetition, and without our secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import httpx2

from openab_auth.oauth.client import JsonObject, RequestContext, json_object, judge_failure
from openab_auth.oauth.client.replies.refusal_text import refusal_without_object
from openab_auth.oauth.errors import ServerUnusableError, VendorMisconfiguredError
from openab_auth.oauth.http import BearerChallenge, BoundedTransport, awake_timeout, origin_of, read_bearer, why_unsafe
from openab_auth.storage.entries import Json

_MOST_REDIRECTS: Final = 3
_KEEPS_METHOD: Final = frozenset({307, 308})
_REDIRECTS: Final = frozenset({301, 302, 303}) | _KEEPS_METHOD
_PASSING: Final = frozenset({408, 425, 429})
_HEADERS: Final = {"User-Agent": "openab-auth"}
_JSON: Final = {"Accept": "application/json"}
SERVER_OPERATOR_MUST_FIX: Final = "the people who run the server have to fix this"
_ANY_MCP: Final = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class FetchedReply:
    """The status of a reply, and its body if it is a JSON object; of a refusal, what it says in any format."""

    status: int
    body: JsonObject | None = field(default=None, repr=False)


class Fetch:
    """Fetches the documents of one server over `http`; `deadline` is in seconds, for each document.

    No error quotes a reply: it could come from a private machine, if the operator allows private hosts.
    """

    def __init__(self, http: httpx2.AsyncClient, server: str, tenant: str, *, deadline: float) -> None:
        self._http = http
        self._context = RequestContext(server, tenant, "other")
        self._deadline = deadline
        # awake_timeout bounds the whole request; a TLS handshake that is cancelled, not timed out, leaks its socket
        self._timeout = httpx2.Timeout(None, connect=deadline / 2)

    async def document(self, url: str) -> JsonObject | None:
        """Return the JSON object at `url`, or None if there is no document; follow redirects within one origin.

        Raises:
            VendorUnavailableError: no reply, an endless reply, 5xx or 429; the document may exist.
            ServerUnusableError: the address must not be asked.
        """
        reply = await self._ask("GET", url)
        return reply.body if reply.status == httpx2.codes.OK else None

    async def post(self, url: str, body: Mapping[str, Json]) -> FetchedReply:
        """Post a JSON object to `url` and return the reply.

        Raises:
            VendorUnavailableError, ServerUnusableError: as `document`.
        """
        return await self._ask("POST", url, body)

    async def challenge(self, url: str, body: Mapping[str, Json]) -> tuple[int, BearerChallenge | None]:
        """Post a first request without a token; return the status and the Bearer challenge. The body is not read.

        Raises:
            VendorUnavailableError, ServerUnusableError: as `document`.
        """
        reply = await self._send("POST", url, body, head_only=True)
        return reply.status_code, read_bearer(reply.headers.get_list("www-authenticate"))

    async def _ask(self, method: str, url: str, body: Mapping[str, Json] | None = None) -> FetchedReply:
        reply = await self._send(method, url, body)
        body = json_object(reply)
        said = refusal_without_object(reply) if body is None and reply.is_client_error else None
        return FetchedReply(reply.status_code, body if said is None else said)

    async def _send(
        self, method: str, url: str, body: Mapping[str, Json] | None, *, head_only: bool = False
    ) -> httpx2.Response:
        if mistake := why_unsafe(url):
            reason = f"it names an address that {mistake}"
            raise self._unusable(reason, SERVER_OPERATOR_MUST_FIX)
        transport = BoundedTransport(self._http)
        try:
            async with awake_timeout(self._deadline):
                reply = await self._follow(transport, method, url, body, head_only=head_only)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            failure = judge_failure(self._context, error, unsent=transport.certainly_unsent)
            if isinstance(failure, VendorMisconfiguredError):
                failure = self._unusable(failure.reason, failure.todo)
            raise failure from None
        if reply.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR or reply.status_code in _PASSING:
            reason = f"HTTP {reply.status_code}"
            raise self._context.unavailable(reason)
        return reply

    def _unusable(self, reason: str, todo: str) -> ServerUnusableError:
        return ServerUnusableError(self._context.vendor, reason, todo)

    async def _follow(
        self, transport: BoundedTransport, method: str, url: str, body: Mapping[str, Json] | None, *, head_only: bool
    ) -> httpx2.Response:
        """Return the reply at the end of the redirects; a redirect to another origin is not followed."""
        headers = {**_HEADERS, **(_ANY_MCP if head_only else _JSON)}
        redirects = 0
        while True:
            request = self._http.build_request(method, url, headers=headers, json=body, timeout=self._timeout)
            reply = await (transport.head(request) if head_only else transport.handle_async_request(request))
            following = _redirect(reply, url, method)
            if following is None or redirects == _MOST_REDIRECTS:
                return reply
            url = following
            redirects += 1


def _redirect(reply: httpx2.Response, url: str, method: str) -> str | None:
    """Return the target of a redirect within one origin, or None; a POST follows only where it stays a POST."""
    allowed = _KEEPS_METHOD if method == "POST" else _REDIRECTS
    location = reply.headers.get("location")
    if reply.status_code not in allowed or not location:
        return None
    try:
        there = urljoin(url, location)
    except ValueError:  # brackets without an address between them
        return None
    return there if why_unsafe(there) is None and origin_of(there) == origin_of(url) else None
