"""The signals of a process that runs for long: SIGTERM and SIGINT stop it, and SIGHUP reloads its config."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias

from openab_auth.bot.service.manager import ServiceManager
from openab_auth.storage.errors import OpenabAuthError

_STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_FINISH_RELOAD: Final = 0.5  # seconds; a stop takes at most 10 s, also while the disk with the config hangs
_KEPT: Final = "the earlier config stays in use"
_log: Final = logging.getLogger(__name__)


class Reloaded(NamedTuple):
    """The result of a reload: what is in use now, and the dotted keys whose change waits for a restart."""

    summary: str
    need_restart: tuple[str, ...] = ()


Reload: TypeAlias = Callable[[], Awaitable[Reloaded]]


class Service:
    """One process from its start to its stop; `stop` is set as soon as it should end."""

    def __init__(self, manager: ServiceManager | None = None) -> None:
        self.stop = asyncio.Event()
        self._manager = manager or ServiceManager()
        self._reload: Reload | None = None
        self._asked = False
        self._reloading: asyncio.Task[None] | None = None

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Handle signals during the block. A SIGHUP that is ignored stays ignored: `nohup` relies on that.

        If the process has lost its terminal, SIGHUP stops it: nobody sees it any more.
        """
        loop, handled = asyncio.get_running_loop(), [*_STOPS]
        for number in _STOPS:
            loop.add_signal_handler(number, self.stop.set)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handled.append(signal.SIGHUP)
            loop.add_signal_handler(signal.SIGHUP, self._hang_up, _has_terminal())
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    async def ready(self, status: str, reload: Reload, is_alive: Callable[[], bool]) -> None:
        """Say that the process serves people; from now on SIGHUP calls `reload`."""
        await self._manager.ready(status)
        self._manager.watch(is_alive)
        self._reload = reload
        self._begin_reload()

    async def stopping(self) -> None:
        """Say that the process ends; a reload that is under way has a moment to end."""
        self.stop.set()
        _log.info("stopping")
        await self._manager.stopping()
        if self._reloading is not None:
            await asyncio.wait((self._reloading,), timeout=_FINISH_RELOAD)
            self._reloading.cancel()

    async def aclose(self) -> None:
        """Tell the watchdog nothing more: everything has stopped."""
        await self._manager.aclose()

    def _hang_up(self, had_terminal: bool) -> None:  # noqa: FBT001 - a signal handler's argument
        if had_terminal and not _has_terminal():
            _log.info("the terminal is gone")
            self.stop.set()
            return
        self._asked = True
        self._begin_reload()

    def _begin_reload(self) -> None:
        is_running = self._reloading is not None and not self._reloading.done()
        if self._asked and not is_running and not self.stop.is_set() and self._reload is not None:
            self._reloading = asyncio.create_task(self._reload_while_asked(self._reload), name="reload")

    async def _reload_while_asked(self, reload: Reload) -> None:
        while self._asked and not self.stop.is_set():
            self._asked = False
            await self._manager.reloading()
            await self._manager.ready(await _reload_once(reload))


async def _reload_once(reload: Reload) -> str:
    """Reload the config, log the result, and return it in short. A failure changes nothing."""
    try:
        done = await reload()
    except OpenabAuthError as error:
        _log.error("the config was not reloaded: %s; %s; correct it and reload again", error.happened, _KEPT)
        return f"the config was not reloaded: {error.happened}; {_KEPT}"
    except Exception as error:  # noqa: BLE001 - the text of a foreign error could quote a secret
        reason = f"an unforeseen error ({type(error).__name__})"
        _log.error("the config was not reloaded: %s; %s", reason, _KEPT)
        return f"the config was not reloaded: {reason}; {_KEPT}"
    _log.info("config reloaded: %s", done.summary)
    if not done.need_restart:
        return f"config reloaded: {done.summary}"
    waiting = ", ".join(done.need_restart)
    _log.warning("changed, and used only after a restart: %s", waiting)
    return f"config reloaded: {done.summary}; used only after a restart: {waiting}"


def _has_terminal() -> bool:
    """Return whether the process has a controlling terminal that still exists."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True
