"""Wait at the console until a person has approved a code; show a countdown on a terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import suppress
from typing import Final

from openab_auth.bot.cli import consoles
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
        consoles.tell(f"\nopenab-auth: the login is still pending; `openab-auth complete {vendor}` continues it\n")
        raise
    finally:
        line.cancel()
        with suppress(asyncio.CancelledError):
            await line
    if done is None:  # only while this process stops
        raise NoPendingLoginError(vendor)
    return done


async def _count_down(expires_at: int) -> None:
    """Show the time that is left, in one line of the terminal; print nothing elsewhere."""
    if not sys.stderr.isatty():
        return
    try:
        while (left := int(expires_at - time.time())) > 0:
            minutes, seconds = divmod(left, 60)
            consoles.tell(f"{_CLEAR}Waiting for the approval, {minutes}:{seconds:02} left (Ctrl-C to stop)")
            await asyncio.sleep(1)
    finally:
        consoles.tell(_CLEAR)
