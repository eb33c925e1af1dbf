"""A command that is told to stop ends what it has begun: a token that a vendor rotated is stored first."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_TELL_AFTER: Final = 0.5  # seconds; who ends sooner need not explain itself


def run_until_told(work: Coroutine[Any, Any, int]) -> int:
    """Run `work` to its exit status; a signal cancels it, and the status is then 128 and the signal's number.

    What the work closes on its way out has bounds of its own, so further signals change nothing.
    """
    return asyncio.run(_until_told(work))


async def _until_told(work: Coroutine[Any, Any, int]) -> int:
    loop = asyncio.get_running_loop()
    job = loop.create_task(work)
    told: list[int] = []

    def tell(number: int) -> None:
        if not told:
            told.append(number)
            job.cancel()
            loop.call_later(_TELL_AFTER, sys.stderr.write, "openab-auth: stopping, once what is under way is stored\n")

    # Who ignores a signal, as `nohup` does for its child, goes on ignoring it.
    numbers = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, tell, number)
    try:
        return await job
    except asyncio.CancelledError:
        if told:
            return 128 + told[0]
        raise
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
