"""Faults on request: the next request of a kind gets an error, a delay or a closed connection."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Handler

from openab_auth.bot.playground.discord.rules import errors, json_reply

Kind: TypeAlias = Literal[
    "callback",
    "followup",
    "edit",
    "message",
    "member",
    "commands",
    "me",
    "application",
    "registered",
    "gateway",
    "shards",
]
"""A kind of request: interaction callback, followup, edit, plain message, member lookup, command registration.

At a bot's start also: the bot's own user, its application, the registered commands, the gateway's address, and the
number of shards.
"""

_KIND_OF: Final[Mapping[tuple[str, str], Kind]] = {
    ("POST", "/interactions/{id}/{token}/callback"): "callback",
    ("POST", "/webhooks/{app}/{token}"): "followup",
    ("PATCH", "/webhooks/{app}/{token}/messages/{message}"): "edit",
    ("POST", "/channels/{channel}/messages"): "message",
    ("PATCH", "/channels/{channel}/messages/{message}"): "message",
    ("GET", "/guilds/{guild}/members/{user}"): "member",
    ("GET", "/users/@me"): "me",
    ("GET", "/oauth2/applications/@me"): "application",
    ("GET", "/gateway"): "gateway",
    ("GET", "/gateway/bot"): "shards",
    ("GET", "/applications/{app}/commands"): "registered",
    ("GET", "/applications/{app}/guilds/{guild}/commands"): "registered",
    ("PUT", "/applications/{app}/commands"): "commands",
    ("PUT", "/applications/{app}/guilds/{guild}/commands"): "commands",
}
_TOO_MANY: Final = 429
_NO_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, before or after Discord has handled the request; `cut` closes the connection without a reply.

    Discord sometimes replies 204 to a bot that asked for a body; status 204 simulates this, always after the request.
    """

    status: int = 500
    code: int = 0
    retry_after: float = 0.1  # seconds, for a 429
    via: bool = True  # without this header, discord.py treats a 429 as a ban
    when: Literal["before", "after"] = "before"
    cut: bool = False
    delay: float = 0.0  # seconds before the request is handled
    message: str = ""  # Discord's sentence, if it matters

    async def play(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer `request` with the fault."""
        await asyncio.sleep(self.delay)
        if self.when == "after" or self.status == _NO_CONTENT:
            await handler(request)
        if self.cut and request.transport is not None:
            request.transport.abort()
        return self._reply()

    def _reply(self) -> web.Response:
        if self.status == _NO_CONTENT:
            return web.Response(status=_NO_CONTENT)
        body: dict[str, object] = {"message": self.message or f"{self.status}: injected fault", "code": self.code}
        if self.status == _TOO_MANY:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after, "global": False}
        reply = json_reply(body, self.status)
        if self.via:
            reply.headers["Via"] = "1.1 embedded"
        if self.status == _TOO_MANY:
            reply.headers["Retry-After"] = str(self.retry_after)
        return reply


class Faults:
    """Queue faults for the next requests of each kind."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Kind, deque[Fault | None]] = defaultdict(deque)

    def next(  # noqa: PLR0913 - a keyword for each kind of failure
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
        message: str = "",
        passing: int = 0,
        times: int = 1,
    ) -> None:
        """Queue this fault for `times` requests of this kind, after the faults that are queued already.

        `passing` requests of this kind get no fault first.
        """
        fault = Fault(status, code, retry_after, via, when, cut, delay, message)
        self._waiting[kind].extend([None] * passing + [fault] * times)

    def use_up_creations(self) -> None:
        """Refuse the next registration of commands: the 200 creations of the day are used up."""
        self.next("commands", status=400, code=errors.DAILY_CREATIONS_CODE, message=errors.DAILY_CREATIONS_USED)

    def take_for(self, method: str, route: str) -> Fault | None:
        """Remove and return the next fault for requests to this route, or None."""
        waiting = self._waiting[_KIND_OF[method, route]] if (method, route) in _KIND_OF else None
        return waiting.popleft() if waiting else None

    def clear(self) -> None:
        """Remove all queued faults."""
        self._waiting.clear()
