"""The broker's HTTP server: paths, limits for slow clients, and answers."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from aiohttp import web

from openab_auth.bot.broker.clients import uid_of_peer
from openab_auth.bot.broker.problems import (
    BadRequestError,
    MethodError,
    NotFoundError,
    Problem,
    RequestError,
    problem_of,
)
from openab_auth.storage import ThreadId

if TYPE_CHECKING:
    from openab_auth.bot.broker.clients import Admission, Client
    from openab_auth.bot.broker.desk import TokenDesk
    from openab_auth.bot.broker.limits import WaitingRequests

MOST_CONNECTIONS: Final = 4096
MOST_BODY: Final = 8192  # bytes
_HEADERS: Final = 10.0  # seconds from the beginning of a connection to the end of its first headers
_IDLE: Final = 75.0  # seconds until the end of the next headers
_BODY: Final = 10.0  # seconds
_MOST_MIN_TTL: Final = 600
_MOST_WAIT: Final = 50
_MIN_TTL: Final = 120
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ID: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
_ACCOUNT: Final = r"/v1/token/(?P<account>[^/]+)"
# aiohttp logs requests that it cannot read, with their headers, and keys are in headers.
_SILENT: Final = logging.Logger("openab_auth.bot.broker.silent", logging.CRITICAL + 1)

Answer = Callable[["Client", web.BaseRequest, str], Awaitable[dict[str, object]]]
Open = Callable[[], Awaitable[dict[str, object]]]


class BrokerServer(web.Server):
    """Reads requests, admits their clients, and sends the answers of the desk."""

    def __init__(self, desk: TokenDesk, admission: Admission, waiting: WaitingRequests) -> None:
        super().__init__(self._serve, request_factory=_make_request, handler_cancellation=True)
        self._admission = admission
        self._waiting = waiting
        self._open_pages: dict[str, Open] = {}
        self._routes: tuple[tuple[re.Pattern[str], str, Answer], ...] = (
            (re.compile(_ACCOUNT), "GET", desk_token(desk)),
        )

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of one new connection."""
        return _Connection(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_IDLE,
            logger=_SILENT,
            access_log=None,  # type: ignore[arg-type] - as aiohttp's own documentation does
            lingering_time=0,
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if isinstance(request.protocol, _Connection):
            request.protocol.begin()
        try:
            return _respond(200, await self._result(request))
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer
            return respond_with(problem_of(error))
        finally:
            if isinstance(request.protocol, _Connection):
                request.protocol.end()

    async def _result(self, request: web.BaseRequest) -> dict[str, object]:
        path = request.rel_url.raw_path
        if (page := self._open_pages.get(path)) is not None:
            if request.method not in {"GET", "HEAD"}:
                raise MethodError("GET")
            return await page()
        client = await self._admission.admit(request.headers.get("Authorization"), uid_of_peer(request.transport))
        found = [(match, method, answer) for route, method, answer in self._routes if (match := route.fullmatch(path))]
        if not found:
            raise NotFoundError
        for match, method, answer in found:
            if request.method == method:
                with self._waiting.one_of(client.name):
                    return await answer(client, request, unquote(match.groupdict().get("account", "")))
        raise MethodError(", ".join(method for _, method, _ in found))


class _Connection(web.RequestHandler):
    """One connection; it is closed if the client sends its headers too slowly."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time for the first headers."""
        super().connection_made(transport)
        self._start(_HEADERS)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the time."""
        self.begin()
        super().connection_lost(exc)

    def begin(self) -> None:
        """Stop the time, because a whole request is there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Begin the time for the next request."""
        self._start(_IDLE)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that aiohttp cannot read; its own answer and log line would quote the request."""
        del request, exc, message
        problem = problem_of(BadRequestError("the request is no HTTP that this broker reads", "correct the request"))
        answer = respond_with(problem if status < 500 else problem._replace(status=status))
        answer.force_close()
        return answer

    def _start(self, seconds: float) -> None:
        self.begin()
        if self.transport is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self.transport.abort)


def desk_token(desk: TokenDesk) -> Answer:
    """Return the answer to `GET /v1/token/ACCOUNT`."""

    async def answer(client: Client, request: web.BaseRequest, account: str) -> dict[str, object]:
        known = {"min_ttl", "wait", "thread"}
        _only(request, known)
        return await desk.token(
            client,
            account,
            min_ttl=_number(request, "min_ttl", _MIN_TTL, _MOST_MIN_TTL),
            wait=_number(request, "wait", 0, _MOST_WAIT),
            thread=_thread(request.query.get("thread")),
        )

    return answer


def _only(request: web.BaseRequest, known: set[str]) -> None:
    if not known.issuperset(request.query) or len(request.query) > len(set(request.query)):
        raise BadRequestError("the query has a parameter that is not known, or twice the same", f"use {sorted(known)}")


def _number(request: web.BaseRequest, name: str, default: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
        raise BadRequestError(f"{name} is no whole number from 0 to {most}", f"correct {name}")
    return int(text)


def _thread(text: object) -> ThreadId | None:
    if text is None:
        return None
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise BadRequestError("thread is not the id of a thread", "give its id of 1 to 20 digits, as a text")
    return ThreadId(int(text))


def _make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MOST_BODY)


def respond_with(problem: Problem) -> web.Response:
    """Return the answer that reports a problem (RFC 9457)."""
    answer = _respond(problem.status, problem.to_json(), "application/problem+json")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    if problem.allowed:
        answer.headers["Allow"] = problem.allowed
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="openab-auth"'
    return answer


def _respond(status: int, body: Mapping[str, object], kind: str = "application/json") -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(status=status, body=json.dumps(body).encode(), content_type=kind, headers=headers)
