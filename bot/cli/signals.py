"""Stop a command at a signal, but not before a token that a vendor has rotated is stored."""

from __future__ import annotations

import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from openab_auth.bot.cli import consoles

T = TypeVar("T")
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)  # Ctrl-\ would also dump the tokens
_TELL_AFTER: Final = 0.5  # seconds; a command that ends sooner prints no explanation


class StoppedBySignal(Exception):  # noqa: N818 - a person asked for it, so it is no error
    """A signal ended the work; `number` is the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run_until_signal(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` until it ends or a signal cancels it.

    The work closes its parts within bounds of its own, so further signals change nothing.

    Raises:
        StoppedBySignal: a signal came first; the unfinished work is stored.
    """
    import asyncio  # noqa: PLC0415 - `exec` of a warm token and `--help` need no event loop

    results: list[T] = []
    failures: list[BaseException] = []
    coroutine = _until_told(work, results, failures)
    try:
        asyncio.run(coroutine)
    except RuntimeError:  # asyncio starts a thread to end its worker threads, which may be impossible
        if failures:
            raise failures[0] from None
        if not results:
            raise
    finally:  # without a loop, neither coroutine has started
        coroutine.close()
        work.close()
    return results[0]


async def _until_told(work: Coroutine[Any, Any, T], results: list[T], failures: list[BaseException]) -> None:
    import asyncio  # noqa: PLC0415 - as above

    loop = asyncio.get_running_loop()
    job = loop.create_task(work)
    told: list[int] = []

    def tell(number: int) -> None:
        if not told:
            told.append(number)
            job.cancel()
            loop.call_later(_TELL_AFTER, consoles.tell, "openab-auth: stopping when the work in progress is stored\n")

    # A signal that is ignored stays ignored: `nohup` relies on that.
    numbers = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        loop.add_signal_handler(number, tell, number)
    try:
        results.append(await job)
    except asyncio.CancelledError as cancelled:
        failures.append(StoppedBySignal(told[0]) if told else cancelled)
        raise failures[0] from None
    except BaseException as error:
        failures.append(error)
        raise
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
