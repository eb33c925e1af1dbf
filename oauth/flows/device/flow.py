"""What the device flows have in common: a code is asked for once, and then the grant, again and again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import httpx2

from openab_auth.oauth.client import (
    RFC_6749_NAMES,
    JsonObject,
    OAuthClient,
    RequestContext,
    TokenResponse,
    error_words,
    json_object,
    judge_reply,
    reason_of,
)
from openab_auth.oauth.errors import LoginDeniedError, LoginExpiredError
from openab_auth.oauth.flows.device.code import DeviceCode, read_interval
from openab_auth.storage.entries import PendingEntry

GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628 3.4
_PENDING: Final = frozenset({"authorization_pending"})
_SLOWER: Final = frozenset({"slow_down"})
_DENIED: Final = frozenset({"access_denied", "authorization_declined", "authorization_denied"})
_EXPIRED: Final = frozenset({"expired_token", "incorrect_device_code", "invalid_grant"})


@dataclass(frozen=True, slots=True)
class NotYet:
    """Nobody has decided yet; `slower`: the vendor wants fewer polls, one every `interval` seconds if it says so."""

    slower: bool = False
    interval: float | None = None


PollResult: TypeAlias = TokenResponse | NotYet


class DeviceFlow(Protocol):
    """The two requests of a device login; between them lies a pending entry, which survives a restart.

    The entry's `verifier` is the device code, its `state` the user code.
    """

    async def start(self, client: OAuthClient) -> DeviceCode:
        """Ask for a code.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: there is none.
        """
        ...

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollResult:
        """Ask for the grant, once.

        Raises:
            LoginDeniedError, LoginExpiredError: it will never come.
            VendorUnavailableError: no usable answer; asking again is right.
            ExchangeRefusedError, VendorMisconfiguredError: it is refused for another reason; asking again is wrong.
        """
        ...


def judge_poll(
    question: RequestContext, reply: httpx2.Response, *, now: float, names: Mapping[str, str] = RFC_6749_NAMES
) -> JsonObject | NotYet:
    """The token reply, or that there is none yet; the word in it decides, whatever status it came with (RFC 8628 3.5).

    `names` is as for `judge_reply`.

    Raises:
        OAuthError: as `DeviceFlow.poll`.
    """
    body = json_object(reply, names) or {}
    words = error_words(body)
    if words & _PENDING:
        return NotYet()
    if words & _SLOWER:
        return NotYet(slower=True, interval=read_interval(body.get("interval")))
    if words & _DENIED:
        raise LoginDeniedError(question.vendor, reason_of(question, reply.status_code, body))
    if words & _EXPIRED:
        raise LoginExpiredError(question.vendor)
    return judge_reply(question, reply, now=now, names=names)
