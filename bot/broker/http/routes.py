"""The paths of the broker: what each one reads from a request, and what it asks of the desk."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aiohttp import web

from openab_auth.bot.broker.refusals import (
    BadAccountError,
    BadBodyError,
    BadHashError,
    BadNumberError,
    BadQueryError,
    BadReasonError,
    BadThreadError,
)
from openab_auth.storage import ThreadId

if TYPE_CHECKING:
    from openab_auth.bot.broker.admission import Client
    from openab_auth.bot.broker.desk import TokenDesk

MOST_BODY: Final = 8192  # bytes
MIN_TTL: Final = 120  # seconds, where a client names none
MOST_MIN_TTL: Final = 600  # seconds
MOST_WAIT: Final = 50  # seconds
LONGEST_REASON: Final = 2000  # characters; people see the first 200
_BODY: Final = 10.0  # seconds until the end of a body
_DIGITS: Final = 9
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_ID: Final = re.compile(r"[0-9]{1,20}", re.ASCII)

Answer = Callable[["Client", web.BaseRequest, str], Awaitable[dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Route:
    """One path with one method; `answer` takes the client, the request and the account in the path."""

    method: str
    path: re.Pattern[str]
    answer: Answer


class Routes:
    """Reads requests for the desk; each method is the `answer` of a `Route`."""

    def __init__(self, desk: TokenDesk) -> None:
        self._desk = desk
        self.all: Final = (
            Route("GET", re.compile(r"/v1/token/([^/]+)"), self._token),
            Route("POST", re.compile(r"/v1/token/([^/]+)/rejected"), self._rejected),
            Route("POST", re.compile(r"/v1/request()"), self._request),
            Route("GET", re.compile(r"/v1/status()"), self._status),
        )

    async def _token(self, client: Client, request: web.BaseRequest, account: str) -> dict[str, object]:
        query = _query(request, ("min_ttl", "wait", "thread"))
        return await self._desk.token(
            client,
            account,
            min_ttl=_seconds(query, "min_ttl", MIN_TTL, MOST_MIN_TTL),
            wait=_seconds(query, "wait", 0, MOST_WAIT),
            thread=_thread(query.get("thread")),
        )

    async def _rejected(self, client: Client, request: web.BaseRequest, account: str) -> dict[str, object]:
        thread = _thread(_query(request, ("thread",)).get("thread"))
        sha256 = (await _body(request, ("sha256",))).get("sha256")
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise BadHashError
        return await self._desk.rejected(client, account, sha256.lower(), thread=thread)

    async def _request(self, client: Client, request: web.BaseRequest, account: str) -> dict[str, object]:
        del account  # it is in the body
        _query(request, ())
        body = await _body(request, ("account", "reason", "thread"))
        word, reason = body.get("account"), body.get("reason", "")
        if not isinstance(word, str):
            raise BadAccountError
        if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
            raise BadReasonError(LONGEST_REASON)
        return await self._desk.request(client, word, reason, thread=_thread(body.get("thread")))

    async def _status(self, client: Client, request: web.BaseRequest, account: str) -> dict[str, object]:
        del account  # there is none
        return await self._desk.status(client, thread=_thread(_query(request, ("thread",)).get("thread")))


def _query(request: web.BaseRequest, known: Collection[str]) -> Mapping[str, str]:
    """Return the query.

    Raises:
        BadQueryError: it has another parameter, or one of them twice: a typing error must not go unnoticed.
    """
    if not request.query_string:
        return {}
    if not set(known).issuperset(request.query) or len(request.query) > len(set(request.query)):
        raise BadQueryError(known)
    return request.query


def _seconds(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) <= most):
        raise BadNumberError(name, most)
    return int(text)


def _thread(text: object) -> ThreadId | None:
    if text is None:
        return None
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise BadThreadError
    return ThreadId(int(text))


async def _body(request: web.BaseRequest, known: Collection[str]) -> dict[str, object]:
    """Return the JSON object in the body of a request.

    Raises:
        BadBodyError: it is too large, too slow, or no JSON object with these members alone.
    """
    try:
        async with asyncio.timeout(_BODY):
            found = json.loads(await request.read())
    except (ValueError, RecursionError, TimeoutError, web.RequestPayloadError, web.HTTPException):
        raise BadBodyError(MOST_BODY) from None
    if not isinstance(found, dict) or not set(known).issuperset(found):
        raise BadBodyError(MOST_BODY)
    return found
