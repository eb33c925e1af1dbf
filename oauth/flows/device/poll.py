"""Poll until the login is approved or its code expires, never faster than the vendor asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from openab_auth.oauth.errors import LoginExpiredError, VendorUnavailableError
from openab_auth.oauth.flows.device.requests import ApprovalPending

T = TypeVar("T")
_SLOWER: Final = 5.0  # seconds that `slow_down` adds for good (RFC 8628 3.5)
_LATE: Final = 2.0  # seconds; a wait that ends later than this means that the process stood still
_LONGEST_RETRY: Final = 60.0


async def poll_until(
    poll: Callable[[], Awaitable[T | ApprovalPending]],
    *,
    vendor: str,
    interval: float,
    expires_at: float,
    clock: Callable[[], float],
) -> T:
    """Call `poll` every `interval` seconds until it returns a result; `expires_at` is in unix seconds.

    If this process stood still until after `expires_at`, it polls once more. While the vendor is unavailable, each wait
    is twice as long as the one before (RFC 8628 3.5).

    Raises:
        LoginExpiredError: nobody approved the login in time.
        OAuthError: see `DeviceRequests.poll`; `VendorUnavailableError` only leads to another poll.
    """
    wait, overslept = interval, False
    while (left := expires_at - clock()) > 0 or (left < -_LATE and not overslept):
        if left > 0:
            await asyncio.sleep(min(wait, left))
        # This process stood still, or its clock was changed: only the vendor knows whether the code has expired.
        overslept = clock() > expires_at + _LATE
        if wait > left and not overslept:
            break
        try:
            result = await poll()
        except VendorUnavailableError as trouble:
            wait = max(min(wait * 2, _LONGEST_RETRY), trouble.retry_after or 0.0, interval)
            continue
        if not isinstance(result, ApprovalPending):
            return result
        if result.slower:
            interval = max(result.interval or 0.0, interval + _SLOWER)
        wait = interval
    raise LoginExpiredError(vendor)
