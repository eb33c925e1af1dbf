"""Turn what Discord refuses at the start into an error that repeats Discord's own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import discord

from openab_auth.bot.errors import DiscordQuotaError, DiscordRefusedError, DiscordUnavailableError
from openab_auth.oauth.errors import redact
from openab_auth.storage.errors import OpenabAuthError

DAILY_QUOTA: Final = 30034  # Discord's code: 200 new commands a day
_LONGEST: Final = 400  # characters of a sentence
_NO_WORDS: Final = "no reply of Discord's API, perhaps a page of a proxy"
_PROXY_PASSWORD: Final = 407
_PROXY_ASKS: Final = "the proxy asks for another user or password (HTTP 407)"
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
# Discord's documentation, "Gateway Close Event Codes": those after which a bot cannot go on.
_CLOSE_CODES: Final = {
    4010: "Invalid shard",
    4011: "Sharding required: the bot is in too many servers for one connection",
    4012: "Invalid API version",
    4013: "Invalid intent(s)",
}


@dataclass(frozen=True, slots=True)
class DiscordRefusal:
    """One error reply of Discord: the HTTP status, Discord's code (0 for none) and Discord's sentence."""

    status: int
    code: int
    sentence: str

    def __str__(self) -> str:
        code = f", code {self.code}" if self.code else ""
        return f"{self.sentence or 'without a sentence'} (HTTP {self.status}{code})"

    def error(self, api_base: str, way: str = "") -> OpenabAuthError:
        """Return the error to report for this reply; `way` names the proxy that was used."""
        if self.code == DAILY_QUOTA:
            return DiscordQuotaError(str(self))
        if self.status == _PROXY_PASSWORD:
            return DiscordUnavailableError(api_base, _PROXY_ASKS, way)
        if self.sentence == _NO_WORDS or self.status == _TOO_MANY or self.status >= _SERVER_ERROR:
            return DiscordUnavailableError(api_base, str(self), way)
        return DiscordRefusedError(str(self))


def read_refusal(status: int, body: Mapping[str, object] | None) -> DiscordRefusal:
    """Return what an error reply says; `body` is its JSON object, or None if it has none."""
    if body is None:
        return DiscordRefusal(status, 0, _NO_WORDS)
    code = body.get("code")
    return DiscordRefusal(status, code if isinstance(code, int) else 0, _one_line(str(body.get("message") or "")))


def refusal_of(error: discord.HTTPException) -> DiscordRefusal:
    """Return what Discord said, as discord.py reports it, with the name of each wrong field."""
    kind = error.response.headers.get("Content-Type", "")
    sentence = _one_line(error.text) if kind.startswith("application/json") else _NO_WORDS
    return DiscordRefusal(error.status, error.code, sentence)


def reason_of(error: BaseException) -> str:
    """Return Discord's own sentence, or why there was no usable answer; never the text of an error of the network."""
    return str(refusal_of(error)) if isinstance(error, discord.HTTPException) else _reason(error)


def failure_of(error: Exception, api_base: str, way: str = "") -> OpenabAuthError:
    """Return the error to report for a failure of discord.py; `way` names the proxy that was used."""
    if isinstance(error, discord.HTTPException):
        return refusal_of(error).error(api_base, way)
    if isinstance(error, discord.ConnectionClosed) and error.code in _CLOSE_CODES:
        return DiscordRefusedError(f"{_CLOSE_CODES[error.code]} (the gateway closed with {error.code})")
    return DiscordUnavailableError(api_base, _reason(error), way)


def _reason(error: BaseException) -> str:
    """Return why there was no usable answer, without the text of the error, which could quote a header."""
    match error:
        case discord.ConnectionClosed():
            return f"the gateway closed with {error.code}"
        case aiohttp.ClientHttpProxyError():
            return _PROXY_ASKS if error.status == _PROXY_PASSWORD else f"the proxy answered HTTP {error.status}"
        case aiohttp.WSServerHandshakeError():
            return f"the gateway accepted no WebSocket connection (HTTP {error.status})"
        case aiohttp.ClientProxyConnectionError():
            return "the proxy cannot be reached"
        case _:
            return type(error).__name__


def _one_line(text: str) -> str:
    return redact(text, longest=_LONGEST)
