"""One request of a check, and what came back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import httpx2

from openab_auth.oauth.client import read_date
from openab_auth.oauth.http import BoundedTransport

_DEADLINE: Final = 5.0  # seconds for all requests, so that a machine without a network gets a quick answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's reply, and the seconds by which this machine's clock is ahead, if the server sent a date."""

    reply: httpx2.Response
    skew: float | None

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.reply.status_code


async def ask(
    url: str, http: httpx2.AsyncClient, headers: dict[str, str] | None = None, *, whole: bool = False
) -> Answer | str:
    """Return the answer, with its body if `whole`; or the class of the failure, whose text could quote a header."""
    transport = BoundedTransport(http)
    send = transport.handle_async_request if whole else transport.head
    try:
        async with asyncio.timeout(_DEADLINE):
            reply = await send(http.build_request("GET", url, headers=headers, timeout=_DEADLINE))
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        return type(error).__name__
    date = read_date(reply.headers.get("Date", ""))
    return Answer(reply, None if date is None else time.time() - date)
