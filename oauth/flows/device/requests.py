"""The requests of a device login: one for a code, then polls for the tokens."""

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
class ApprovalPending:
    """The person has not decided yet.

    `slower`: the vendor wants fewer polls, one every `interval` seconds if it gives a number.
    """

    slower: bool = False
    interval: float | None = None


PollOutcome: TypeAlias = TokenResponse | ApprovalPending


class DeviceRequests(Protocol):
    """Sends the two requests of a device login; the pending entry between them survives a restart.

    The `verifier` of the entry is the device code, its `state` is the user code.
    """

    async def start(self, client: OAuthClient) -> DeviceCode:
        """Ask for a code.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: the vendor gave no code.
        """
        ...

    async def poll(self, client: OAuthClient, pending: PendingEntry) -> PollOutcome:
        """Ask for the tokens, once.

        Raises:
            LoginDeniedError, LoginExpiredError: the vendor will give no tokens for this code.
            VendorUnavailableError: no usable answer; ask again.
            ExchangeRefusedError, VendorMisconfiguredError: the vendor refused for another reason; do not ask again.
        """
        ...


def judge_poll(
    context: RequestContext, response: httpx2.Response, *, now: float, names: Mapping[str, str] = RFC_6749_NAMES
) -> JsonObject | ApprovalPending:
    """Return the body with the tokens, or `ApprovalPending`; the error code decides, not the status (RFC 8628 3.5).

    For `names`, see `judge_reply`.

    Raises:
        OAuthError: see `DeviceRequests.poll`.
    """
    body = json_object(response, names) or {}
    words = error_words(body)
    if words & _PENDING:
        return ApprovalPending()
    if words & _SLOWER:
        return ApprovalPending(slower=True, interval=read_interval(body.get("interval")))
    if words & _DENIED:
        raise LoginDeniedError(context.vendor, reason_of(context, response.status_code, body))
    if words & _EXPIRED:
        raise LoginExpiredError(context.vendor)
    return judge_reply(context, response, now=now, names=names)
