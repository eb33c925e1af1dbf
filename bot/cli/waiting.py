"""Waiting at the console for the approval of a code, with a line that lives where there is a terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import Final

from openab_auth.oauth.errors import NoPendingLoginError
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.storage import UserId

_CLEAR: Final = "\r\x1b[K"


async def wait_for_approval(logins: Logins, vendor: str, user: UserId, expires_at: int) -> LoginResult:
    """Wait until the person has approved the code; `expires_at` is in unix seconds.

    Raises:
        OAuthError: as `Logins.outcome`.
    """
    line = asyncio.create_task(_count_down(expires_at))
    try:
        done = await logins.outcome(vendor, user)
    except asyncio.CancelledError:
        sys.stderr.write(f"\nopenab-auth: the login still waits; `openab-auth complete {vendor}` goes on with it\n")
        raise
    finally:
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line
    if done is None:  # only a process that is stopping is told that
        raise NoPendingLoginError(vendor)
    return done


async def _count_down(expires_at: int) -> None:
    """A line on the terminal that tells how long is left; nothing where nobody would see it live."""
    if not sys.stderr.isatty():
        return
    try:
        while (left := int(expires_at - time.time())) > 0:
            minutes, seconds = divmod(left, 60)
            sys.stderr.write(f"{_CLEAR}Waiting for the approval, {minutes}:{seconds:02} left (Ctrl-C to stop)")
            sys.stderr.flush()
            await asyncio.sleep(1)
    finally:
        sys.stderr.write(_CLEAR)
        sys.stderr.flush()
