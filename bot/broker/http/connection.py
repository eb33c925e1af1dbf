"""One connection of a client: it may not be slow with its headers, and nothing of it reaches a log."""

from __future__ import annotations

import asyncio
import logging
import math
import resource
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from openab_auth.bot.broker.http.answers import problem_answer
from openab_auth.bot.broker.http.problems import problem_of
from openab_auth.bot.broker.refusals import UnreadableError

_HEADERS: Final = 10.0  # seconds from the beginning of a connection to the end of its first headers
_IDLE: Final = 75.0  # seconds from an answer to the end of the next headers
_MOST: Final = 4096  # connections of all clients together
_OTHERS: Final = 256  # descriptors for the store, the vendors and the log
_BURST: Final = 1024  # connections that the event loop accepts before one of them is counted
# aiohttp logs a request that it cannot read, with its headers, and keys are in headers.
_SILENT: Final = logging.Logger("openab_auth.bot.broker.silent", logging.CRITICAL + 1)  # noqa: LOG001 - it is for nobody to find


def allow_connections() -> None:
    """Let this process have descriptors for all connections and for its own files, as far as the system permits.

    Many systems begin with 1024. Clients without a key could then take all of them.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST + _BURST + _OTHERS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _most_connections() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else min(_MOST, soft - _OTHERS)


class ClientConnection(web.RequestHandler):
    """A connection that is closed if the headers of its next request take too long."""

    def __init__(self, server: web.Server) -> None:
        settings: dict[str, Any] = {"access_log": None}  # aiohttp's types do not know that None turns it off
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, keepalive_timeout=_IDLE, logger=_SILENT, lingering_time=0, **settings)
        self._server = server
        self._ends_at = math.inf  # in the loop's seconds; a request under way has no end here
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the time for the first headers; close a connection too many."""
        super().connection_made(transport)
        self._ends_at = asyncio.get_running_loop().time() + _HEADERS
        self._check_time()
        if len(self._server.connections) > _most_connections():
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Stop the time."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def begin(self) -> None:
        """Stop the time, because the headers of a request are there."""
        self._ends_at = math.inf

    def end(self) -> None:
        """Begin the time for the headers of the next request."""
        self._ends_at = asyncio.get_running_loop().time() + _IDLE

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that aiohttp cannot read; aiohttp's own answer would quote it."""
        del request, status, exc, message
        answer = problem_answer(problem_of(UnreadableError()))
        answer.force_close()
        return answer

    def _check_time(self) -> None:
        """Close the connection if its time is over, otherwise look again: a timer for each request would cost more."""
        left = self._ends_at - asyncio.get_running_loop().time()
        if left <= 0:
            self.force_close()
        else:
            self._timer = asyncio.get_running_loop().call_later(min(left, _HEADERS), self._check_time)
