"""Faults to play: what Discord does on a bad day, at the next request of a kind."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from openab_auth.bot.playground.discord.errors import json_reply

Kind: TypeAlias = Literal["callback", "followup", "edit", "message", "member", "commands"]
"""An interaction's answer, a further message of it, an edit of one, a plain message, the registration of commands."""

_TOO_MANY: Final = 429
_NO_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class Fault:
    """One bad answer, before or after Discord has done what was asked; `cut` closes the connection instead.

    A 204 stands for the bare one that Discord gives to a bot that asked for a body: it is always played after.
    """

    status: int = 500
    code: int = 0
    retry_after: float = 0.1  # seconds, for a 429
    via: bool = True  # without this header discord.py takes a 429 for a ban
    when: Literal["before", "after"] = "before"
    cut: bool = False
    delay: float = 0.0  # seconds before anything happens

    async def play(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer `request` badly."""
        await asyncio.sleep(self.delay)
        if self.when == "after" or self.status == _NO_CONTENT:
            await handler(request)
        if self.cut and request.transport is not None:
            request.transport.abort()
        return self._reply()

    def _reply(self) -> web.Response:
        if self.status == _NO_CONTENT:
            return web.Response(status=_NO_CONTENT)
        body: dict[str, object] = {"message": f"{self.status}: a fault is played", "code": self.code}
        if self.status == _TOO_MANY:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after, "global": False}
        reply = json_reply(body, self.status)
        if self.via:
            reply.headers["Via"] = "1.1 embedded"
        if self.status == _TOO_MANY:
            reply.headers["Retry-After"] = str(self.retry_after)
        return reply


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Kind, deque[Fault]] = defaultdict(deque)

    def next(  # noqa: PLR0913 - one keyword for each way to fail
        self,
        kind: Kind,
        *,
        status: int = 500,
        code: int = 0,
        retry_after: float = 0.1,
        via: bool = True,
        when: Literal["before", "after"] = "before",
        cut: bool = False,
        delay: float = 0.0,
        times: int = 1,
    ) -> None:
        """Let the next `times` requests of this kind meet this fault, after those asked for earlier."""
        fault = Fault(status, code, retry_after, via, when, cut, delay)
        self._waiting[kind].extend([fault] * times)

    def take(self, kind: Kind) -> Fault | None:
        """The fault that a request of this kind meets."""
        waiting = self._waiting[kind]
        return waiting.popleft() if waiting else None

    def clear(self) -> None:
        """Forget every fault that was not met yet."""
        self._waiting.clear()
