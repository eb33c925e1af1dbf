"""Connections to the database: few, each call under a deadline, and none kept open for longer than it is used.

A pool of a library would hide why a connection failed, and keeps connections open in forked children. Nothing here
depends on the state of a session: a pooler in transaction mode may give every transaction another server.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from openab_auth.storage.secret import Secret

RV = TypeVar("RV")
MOST: Final = 4  # connections at a time; further threads wait for one of them
IDLE: Final = 5.0  # seconds, after which an unused connection is closed
_INTERVAL: Final = 0.1  # seconds between two looks at the deadline
_DEFAULTS: Final = {"gssencmode": "disable", "client_encoding": "utf8", "fallback_application_name": "openab-auth"}


class BoundConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose calls raise OperationalError after `ends_at`, in seconds of the monotonic clock."""

    ends_at = float("inf")

    def wait(self, gen: Any, interval: float = _INTERVAL, timeout: float | None = None) -> Any:  # noqa: ANN401 - as psycopg
        """Wait as psycopg does, but not beyond the deadline; a connection that is late is closed."""
        left = max(self.ends_at - time.monotonic(), 0.001)
        try:
            return super().wait(gen, interval, left if timeout is None else min(timeout, left))
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - it has no other name
            self.pgconn.finish()  # an answer that comes later would be taken for that of the next query
            raise


class _Idle(NamedTuple):
    connection: BoundConnection
    since: float
    process: int


class Connections:
    """Open connections to `url`, reuse them within a few seconds, and close them afterwards; threads may share it."""

    def __init__(self, url: Secret) -> None:
        self._url = url
        self._idle: list[_Idle] = []
        self._free = threading.BoundedSemaphore(MOST)
        self._guard = threading.Lock()
        self._closer: threading.Timer | None = None
        self._process = os.getpid()

    @contextlib.contextmanager
    def use(self, seconds: float) -> Iterator[BoundConnection]:
        """Give a connection for one short piece of work, which ends within `seconds`; outside of any transaction.

        Raises:
            psycopg.OperationalError: no connection could be made, or the work took too long.
        """
        ends_at = time.monotonic() + seconds
        self._after_fork()
        free = self._free
        if not free.acquire(timeout=seconds):
            raise psycopg.errors.ConnectionTimeout
        try:
            connection = self._take() or self._open(ends_at)
            connection.ends_at = ends_at
            try:
                yield connection
            except BaseException:
                connection.close()  # an open transaction ends with it, and its locks
                raise
            self._put(connection)
        finally:
            free.release()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._guard:
            idle, self._idle = self._idle, []
            closer, self._closer = self._closer, None
        if closer is not None:
            closer.cancel()
        for held in idle:
            _close(held)

    def _open(self, ends_at: float) -> BoundConnection:
        """Connect in a thread of its own: looking up a name cannot be interrupted, and each host has its own time."""
        attempt: Future[BoundConnection] = Future()
        try:
            threading.Thread(target=self._connect, args=(attempt, ends_at), daemon=True).start()
        except RuntimeError:  # no thread can be started
            self._connect(attempt, ends_at)
        try:
            return attempt.result(max(ends_at - time.monotonic(), 0.0))
        except TimeoutError:
            attempt.add_done_callback(_close_late)
            raise psycopg.errors.ConnectionTimeout from None

    def _connect(self, attempt: Future[BoundConnection], ends_at: float) -> None:
        try:
            given = conninfo_to_dict(self._url.reveal())
            hosts = 1 + str(given.get("hostaddr") or given.get("host") or "").count(",")
            for_each = max(1, int((ends_at - time.monotonic()) / hosts))
            defaults = {**_DEFAULTS, "connect_timeout": for_each}
            settings: dict[str, Any] = {name: value for name, value in defaults.items() if name not in given}
            connection = BoundConnection.connect(
                self._url.reveal(), autocommit=True, prepare_threshold=None, **settings
            )  # prepared statements stay on one server, and a pooler may give the next transaction another one
        except BaseException as error:  # noqa: BLE001 - the thread that waits gets it
            attempt.set_exception(error)
        else:
            attempt.set_result(connection)

    def _take(self) -> BoundConnection | None:
        while True:
            with self._guard:
                held = self._idle.pop() if self._idle else None
            if held is None:
                return None
            if time.monotonic() - held.since < IDLE and _is_usable(held.connection):
                return held.connection
            _close(held)

    def _put(self, connection: BoundConnection) -> None:
        if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            connection.close()
            return
        with self._guard:
            self._idle.append(_Idle(connection, time.monotonic(), self._process))
            if self._closer is None:
                self._close_later()

    def _close_later(self, seconds: float = IDLE) -> None:
        self._closer = threading.Timer(seconds, self._close_idle)
        self._closer.daemon = True
        with contextlib.suppress(RuntimeError):  # no thread can be started; the next use closes it
            self._closer.start()
            return
        self._closer = None

    def _close_idle(self) -> None:
        now = time.monotonic()
        with self._guard:
            old = [held for held in self._idle if now - held.since >= IDLE - _INTERVAL]
            self._idle = [held for held in self._idle if held not in old]
            self._closer = None
            if self._idle:
                self._close_later(IDLE - (now - self._idle[0].since))
        for held in old:
            _close(held)

    def _after_fork(self) -> None:
        """Forget the connections of the parent: two processes must not speak on one socket."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._guard, self._free = threading.Lock(), threading.BoundedSemaphore(MOST)
            self._idle, self._closer = [], None


def _close(held: _Idle) -> None:
    if held.process == os.getpid():
        held.connection.close()


def _close_late(attempt: Future[BoundConnection]) -> None:
    if attempt.exception() is None:
        attempt.result().close()


def _is_usable(connection: BoundConnection) -> bool:
    """Return whether the connection is open and nothing came from the server since; otherwise a new one is better."""
    if connection.closed:
        return False
    look = select.poll()
    try:
        look.register(connection.pgconn.socket, select.POLLIN)
        return not look.poll(0)
    except (OSError, ValueError, psycopg.Error):
        return False
