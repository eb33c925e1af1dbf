"""Waiting for an approval: one poll after the other, never sooner than the vendor asks, until the code ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from openab_auth.oauth.errors import LoginExpiredError, VendorUnavailableError
from openab_auth.oauth.flows.device.requests import ApprovalPending

T = TypeVar("T")
_SLOWER: Final = 5.0  # seconds that `slow_down` adds for good (RFC 8628 3.5)
_LATE: Final = 2.0  # seconds after the end at which it was no busy machine that was late
_LONGEST_RETRY: Final = 60.0


async def poll_until(
    poll: Callable[[], Awaitable[T | ApprovalPending]],
    *,
    vendor: str,
    interval: float,
    expires_at: float,
    clock: Callable[[], float],
) -> T:
    """Call `poll` every `interval` seconds until it gives more than "not yet"; `expires_at` is in unix seconds.

    When this process stood still over the end of the code, the vendor is asked once more.

    While the vendor cannot be reached or answers with trouble of its own, the waits grow twofold (RFC 8628 3.5).

    Raises:
        LoginExpiredError: nobody approved it in time.
        OAuthError: as `DeviceFlow.poll`, a passing trouble apart.
    """
    wait, overslept = interval, False
    while (left := expires_at - clock()) > 0 or (left < -_LATE and not overslept):
        if left > 0:
            await asyncio.sleep(min(wait, left))
        # This process stood still, or its clock was set: only the vendor knows whether it is too late.
        overslept = clock() > expires_at + _LATE
        if wait > left and not overslept:
            break
        try:
            answer = await poll()
        except VendorUnavailableError as trouble:
            wait = max(min(wait * 2, _LONGEST_RETRY), trouble.retry_after or 0.0, interval)
            continue
        if not isinstance(answer, ApprovalPending):
            return answer
        if answer.slower:
            interval = max(answer.interval or 0.0, interval + _SLOWER)
        wait = interval
    raise LoginExpiredError(vendor)
