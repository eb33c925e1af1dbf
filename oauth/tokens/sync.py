"""Tokens for programs without an event loop: a source on a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from openab_auth.oauth.entries import REFRESH_DEADLINE, SKEW, AccessToken
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.tokens.sync_auth import SyncTokenAuth, new_auth

if TYPE_CHECKING:
    from datetime import datetime

    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.errors import InsufficientScopeError
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.tokens.any_source import AnySource
    from openab_auth.storage import Secret, Store

T = TypeVar("T")


class SyncTokenSource:
    """Valid access tokens of one store or broker, for any number of threads of this process.

    Each method does and raises what the method of the same name of `TokenSource` does. Use it as a context manager, or
    call `close`: a process that ends during a refresh loses the new token. A process that was forked opens the store
    anew.
    """

    def __init__(
        self, store: Store | Runtime, *, deadline: float = REFRESH_DEADLINE, thread: int | str | None = None
    ) -> None:
        self._begin(partial(TokenSource, store, deadline=deadline, thread=thread))

    @classmethod
    def at(cls, address: str, *, key: Secret | str | None = None, thread: int | str | None = None) -> Self:
        """Return a source at a broker, as `TokenSource.at` does."""
        source = cls.__new__(cls)
        source._begin(partial(TokenSource.at, address, key=key, thread=thread))  # noqa: SLF001 - of this class
        return source

    def _begin(self, open_source: Callable[[], AnySource]) -> None:
        self._open = open_source
        self._guard = threading.Lock()
        self._running: _Running | None = None
        self._source()  # a wrong thread is named now, and not by the first request

    def get_valid(self, tenant_or_vendor: str, *, min_ttl: float = SKEW, wait: float = 0) -> AccessToken:
        """Return a token that lives for more than `min_ttl` seconds, refreshed first if necessary."""
        return self._call(lambda source: source.get_valid(tenant_or_vendor, min_ttl=min_ttl, wait=wait))

    def force_refresh(self, tenant_or_vendor: str, rejected: AccessToken | Secret | str | None = None) -> AccessToken:
        """Return another token than `rejected`, which a server refused; refresh only if it is still the stored one."""
        return self._call(lambda source: source.force_refresh(tenant_or_vendor, rejected))

    def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token of an MCP server may go; None for a vendor's token."""
        return self._call(lambda source: source.server_url(tenant_or_vendor))

    def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Note that a server wants these scopes, so that the next login asks for them; return the error to raise."""
        return self._call(lambda source: source.demand(tenant_or_vendor, scopes))

    def limited(self, tenant_or_vendor: str, *, until: float | datetime) -> Account:
        """Record that the vendor limits an account until a time, and return the account; nothing switches by itself."""
        return self._call(lambda source: source.limited(tenant_or_vendor, until=until))

    def auth(self, tenant_or_vendor: str) -> SyncTokenAuth:
        """Return an `auth=` for `httpx2.Client`, `httpx.Client` and `requests`.

        It sends the token, and repeats a request once after a 401.
        """
        return new_auth(self, tenant_or_vendor)

    def close(self) -> None:
        """Wait for the running refreshes, so that no rotated token is lost, and close."""
        with self._guard:
            running, self._running = self._running, None
        if running is not None and running.pid == os.getpid():
            running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Callable[[AnySource], Awaitable[T]]) -> T:
        return self._source().call(method)

    def _source(self) -> _Running:
        with self._guard:
            if self._running is None or self._running.pid != os.getpid():  # a fork copies no thread
                self._running = _Running(self._open)
            return self._running


class _Running:
    """A source and the thread with its event loop, in the process `pid`."""

    def __init__(self, open_source: Callable[[], AnySource]) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="openab-auth", daemon=True)
        self._thread.start()
        try:
            self._source = self._run(_opened(open_source))
        except BaseException:
            self._stop()
            raise

    def call(self, method: Callable[[AnySource], Awaitable[T]]) -> T:
        """Return what a method of the source returns. A caller that is interrupted cancels only its own wait."""
        return self._run(_awaited(method, self._source))

    def close(self) -> None:
        """Close the source, then end the thread."""
        try:
            self._run(self._source.aclose())
        finally:
            self._stop()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _opened(open_source: Callable[[], AnySource]) -> AnySource:
    return open_source()


async def _awaited(method: Callable[[AnySource], Awaitable[T]], source: AnySource) -> T:
    return await method(source)
