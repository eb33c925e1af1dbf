"""Requests on the way to a login, to addresses that a stranger named: bounded, unrepeated, with no secret of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

import httpx2

from openab_auth.oauth.client import JsonObject, RequestContext, json_object, judge_failure
from openab_auth.oauth.http import BearerChallenge, BoundedTransport, awake_timeout, origin_of, read_bearer, why_unsafe
from openab_auth.storage.entries import Json

_MOST_REDIRECTS: Final = 3
_KEEPS_METHOD: Final = frozenset({307, 308})
_REDIRECTS: Final = frozenset({301, 302, 303}) | _KEEPS_METHOD
_PASSING: Final = frozenset({408, 425, 429})
_HEADERS: Final = {"User-Agent": "openab-auth"}
_JSON: Final = {"Accept": "application/json"}
_ANY_MCP: Final = {"Accept": "application/json, text/event-stream"}


@dataclass(frozen=True, slots=True)
class FetchedReply:
    """The status of a reply, and its body where that was a JSON object."""

    status: int
    body: JsonObject | None = field(default=None, repr=False)


class Fetch:
    """Asks for the login of one server, over `http`; `deadline` is in seconds, for each document.

    What a server answered is never in an error: it could be a private machine's, if the operator allows some.
    """

    def __init__(self, http: httpx2.AsyncClient, server: str, tenant: str, *, deadline: float) -> None:
        self._http = http
        self._question = RequestContext(server, tenant, "other")
        self._deadline = deadline
        # awake_timeout bounds the whole; a TLS handshake that is cancelled instead of timed out leaks its socket
        self._timeout = httpx2.Timeout(None, connect=deadline / 2)

    async def document(self, url: str) -> JsonObject | None:
        """The JSON object at `url`, or None when nothing of the kind is there; follows redirects within one origin.

        Raises:
            VendorUnavailableError: no answer, 5xx, 429, or without end: that says nothing of what is there.
            VendorMisconfiguredError: the address is one that must not be asked.
        """
        answer = await self._ask("GET", url)
        return answer.body if answer.status == httpx2.codes.OK else None

    async def post(self, url: str, body: Mapping[str, Json]) -> FetchedReply:
        """The answer to a JSON object that is posted to `url`.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: as `document`.
        """
        return await self._ask("POST", url, body)

    async def challenge(self, url: str, body: Mapping[str, Json]) -> tuple[int, BearerChallenge | None]:
        """The status of the answer to a first request without a token, and what it asks for; its body is not read.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: as `document`.
        """
        reply = await self._send("POST", url, body, head_only=True)
        return reply.status_code, read_bearer(reply.headers.get_list("www-authenticate"))

    async def _ask(self, method: str, url: str, body: Mapping[str, Json] | None = None) -> FetchedReply:
        reply = await self._send(method, url, body)
        return FetchedReply(reply.status_code, json_object(reply))

    async def _send(
        self, method: str, url: str, body: Mapping[str, Json] | None, *, head_only: bool = False
    ) -> httpx2.Response:
        if mistake := why_unsafe(url):
            reason = f"it names an address that {mistake}"
            raise self._question.misconfigured(reason, _TODO)
        door = BoundedTransport(self._http)
        try:
            async with awake_timeout(self._deadline):
                reply = await self._follow(door, method, url, body, head_only=head_only)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError) as error:
            raise judge_failure(self._question, error, unsent=door.certainly_unsent) from None
        if reply.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR or reply.status_code in _PASSING:
            reason = f"HTTP {reply.status_code}"
            raise self._question.unavailable(reason)
        return reply

    async def _follow(
        self, door: BoundedTransport, method: str, url: str, body: Mapping[str, Json] | None, *, head_only: bool
    ) -> httpx2.Response:
        """The reply at the end of the redirects; one that leads to another origin is the end itself."""
        headers = {**_HEADERS, **(_ANY_MCP if head_only else _JSON)}
        redirects = 0
        while True:
            request = self._http.build_request(method, url, headers=headers, json=body, timeout=self._timeout)
            reply = await (door.head(request) if head_only else door.handle_async_request(request))
            following = _redirect(reply, url, method)
            if following is None or redirects == _MOST_REDIRECTS:
                return reply
            url = following
            redirects += 1


_TODO: Final = "whoever runs the server has to mend that"


def _redirect(reply: httpx2.Response, url: str, method: str) -> str | None:
    """Where a redirect within one origin leads; a POST goes on only where it stays one."""
    allowed = _KEEPS_METHOD if method == "POST" else _REDIRECTS
    location = reply.headers.get("location")
    if reply.status_code not in allowed or not location:
        return None
    try:
        there = urljoin(url, location)
    except ValueError:  # brackets without an address between them
        return None
    return there if why_unsafe(there) is None and origin_of(there) == origin_of(url) else None
