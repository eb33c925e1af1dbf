"""The broker's HTTP server: it admits each client, finds the path, and turns every failure into an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from aiohttp import web

from openab_auth.bot.broker.admission import uid_of_peer
from openab_auth.bot.broker.http.answers import good_answer, problem_answer
from openab_auth.bot.broker.http.connection import ClientConnection
from openab_auth.bot.broker.http.problems import problem_of
from openab_auth.bot.broker.http.routes import MOST_BODY, Routes
from openab_auth.bot.broker.refusals import MethodError, NotFoundError, StoppingError

if TYPE_CHECKING:
    from openab_auth.bot.broker.admission import Admission, Client, WaitingRequests

_READING: Final = ("GET", "HEAD")
OpenPage = Callable[[], Awaitable[dict[str, object]]]


class BrokerServer(web.Server):
    """Serves the routes to admitted clients, and the `open_pages`, by their paths, to everybody."""

    def __init__(
        self, routes: Routes, admission: Admission, waiting: WaitingRequests, open_pages: Mapping[str, OpenPage]
    ) -> None:
        # A client that goes away gives up its place among the waiting requests; refreshes go on without it.
        super().__init__(self._serve, request_factory=_make_request, handler_cancellation=True)
        self._routes = routes.all
        self.admission = admission
        self._waiting = waiting
        self._open_pages = open_pages
        self._stopping = False

    def stop(self) -> None:
        """Refuse new requests; those under way are answered."""
        self._stopping = True

    def __call__(self) -> web.RequestHandler:
        """Return the protocol of a new connection."""
        return ClientConnection(self)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, ClientConnection)  # noqa: S101 - `__call__` has made it
        connection.begin()
        try:
            return good_answer(await self._result(request))
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer
            return problem_answer(problem_of(error))
        finally:
            connection.end()

    async def _result(self, request: web.BaseRequest) -> dict[str, object]:
        if self._stopping:
            raise StoppingError
        path, method = request.rel_url.raw_path, request.method
        if (page := self._open_pages.get(path)) is not None:
            if method not in _READING:
                raise MethodError(*_READING)
            return await page()
        authorization = request.headers.get("Authorization")
        uid = uid_of_peer(request.transport) if authorization is None else None
        client = await self.admission.admit(authorization, uid)
        self._waiting.begin(client.name)
        try:
            return await self._answer(client, request, path)
        finally:
            self._waiting.end(client.name)

    async def _answer(self, client: Client, request: web.BaseRequest, path: str) -> dict[str, object]:
        allowed = []
        for route in self._routes:
            if (match := route.path.fullmatch(path)) is None:
                continue
            if route.method == request.method:
                return await route.answer(client, request, unquote(match[1]))
            allowed.append(route.method)
        raise MethodError(*allowed) if allowed else NotFoundError()


def _make_request(
    message: Any,  # noqa: ANN401 - aiohttp passes these from one of its parts to the other
    payload: Any,  # noqa: ANN401
    protocol: Any,  # noqa: ANN401
    writer: Any,  # noqa: ANN401
    task: Any,  # noqa: ANN401
) -> web.BaseRequest:
    """Return a request whose body is bounded."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MOST_BODY)
