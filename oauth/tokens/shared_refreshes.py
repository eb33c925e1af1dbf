"""The refreshes of one process: at most one for each login; all callers that need it wait for the same refresh."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING

from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.http.deadline import Deadline
from openab_auth.oauth.tokens.adopt import is_successor
from openab_auth.storage import AsyncStore, LoginEntry, Secret, Tenant, in_thread
from openab_auth.storage.mirror_mark import refuse_in_mirror

if TYPE_CHECKING:
    from openab_auth.oauth.entries import UnsavedLogins
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.tokens.refresh import Refresh
    from openab_auth.oauth.vendors import Vendor


class SharedRefreshes:
    """Refreshes logins, one refresh at a time for each; `deadline` bounds a refresh, in seconds.

    A refresh belongs to no caller: a caller who is cancelled does not stop it, so that a rotated token is stored.
    """

    def __init__(self, store: AsyncStore, runtime: Runtime, unsaved: UnsavedLogins, *, deadline: float) -> None:
        self._store = store
        self._runtime = runtime
        self._unsaved = unsaved
        self._deadline = deadline
        self._tasks: dict[Tenant, asyncio.Task[LoginEntry]] = {}
        self._renewed: dict[Tenant, Secret] = {}  # the last token that a request of this process brought
        self._stopping = asyncio.Event()

    async def successor(self, tenant: Tenant, stale: LoginEntry, *, deliberate: bool = False) -> AccessToken:
        """Return the token that replaces the token in `stale`; `deliberate` as in `Refresh`.

        A running refresh may have begun with an older login and end with `stale`. Then a second refresh begins.

        Raises:
            OAuthError, StorageError: as `TokenSource.get_valid`.
        """
        if running := self._running(tenant):
            entry = await asyncio.shield(running)
            if is_successor(entry, stale, self._runtime.clock()):
                return AccessToken.of(entry)
        task = self._running(tenant) or self._begin(tenant, stale, deliberate=deliberate)
        return AccessToken.of(await asyncio.shield(task))

    def has_renewed(self, tenant: Tenant, token: AccessToken) -> bool:
        """Return whether a request of this process, and not of another, brought this token."""
        return self._renewed.get(tenant) == token.value

    async def aclose(self) -> None:
        """Wait for the running requests, so that no rotated token is lost; end refreshes that only wait for a lease."""
        self._stopping.set()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
        self._stopping.clear()

    def _running(self, tenant: Tenant) -> asyncio.Task[LoginEntry] | None:
        task = self._tasks.get(tenant)
        return None if task is None or task.done() else task  # a task that is done is forgotten in a moment

    def _begin(self, tenant: Tenant, stale: LoginEntry, *, deliberate: bool) -> asyncio.Task[LoginEntry]:
        task = asyncio.create_task(self._refresh(tenant, stale, deliberate=deliberate), name=f"refresh {tenant}")
        self._tasks[tenant] = task
        task.add_done_callback(lambda done: self._forget(tenant, done))
        return task

    def _forget(self, tenant: Tenant, task: asyncio.Task[LoginEntry]) -> None:
        if self._tasks.get(tenant) is task:  # not when another one has begun in that moment
            del self._tasks[tenant]
        if not task.cancelled():
            task.exception()  # retrieved here, because every caller may have been cancelled

    async def _refresh(self, tenant: Tenant, stale: LoginEntry, *, deliberate: bool) -> LoginEntry:
        await self._store.run(refuse_in_mirror)
        await self._unsaved.save(tenant)
        catalogue = await self._runtime.load_catalogue()
        if catalogue.row_of(tenant, stale) is None:  # perhaps a person has added a server of this name
            catalogue = catalogue.with_added(await self._store.servers())
        if (row := catalogue.row_of(tenant, stale)) and row.find_secret:
            await in_thread(row.with_secret)  # `find_renewer` then has the secret at hand
        from openab_auth.oauth.tokens.find_renewer import find_renewer  # noqa: PLC0415 - not needed while tokens are valid
        from openab_auth.oauth.tokens.refresh import Refresh  # noqa: PLC0415 - as above

        with Deadline(self._deadline, self._stopping) as deadline:
            refresh = Refresh(
                self._store,
                tenant,
                partial(
                    find_renewer,
                    tenant,
                    catalogue=catalogue,
                    environ=self._runtime.environ,
                    store=self._store,
                    clock=self._runtime.clock,
                    deadline=deadline,
                ),
                self._runtime.load_driver,
                self._unsaved,
                clock=self._runtime.clock,
                deadline=deadline,
                deliberate=deliberate,
            )
            entry = await self._observed(refresh, stale, row)
        if refresh.answer is not None:
            self._renewed[tenant] = refresh.answer.access_token
        return entry

    async def _observed(self, refresh: Refresh, stale: LoginEntry, row: Vendor | None) -> LoginEntry:
        """Run the refresh, and tell the observer of this process how it ended."""
        if (observer := self._runtime.observer) is None:
            return await refresh.replace(stale)
        from openab_auth.oauth.observer import RefreshReport  # noqa: PLC0415 - only the bot and the broker observe

        begun, vendor = time.monotonic(), row.name if row else None
        try:
            entry = await refresh.replace(stale)
        except Exception as error:
            observer.refreshed(RefreshReport(vendor, time.monotonic() - begun, adopted=False, error=error))
            raise
        adopted = refresh.answer is None
        observer.refreshed(RefreshReport(vendor, time.monotonic() - begun, adopted=adopted, error=None))
        return entry
