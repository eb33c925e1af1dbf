"""Read the states of the logins; nothing here sends a request or returns a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from openab_auth.oauth.accounts import Account
from openab_auth.oauth.entries import IndexedStore
from openab_auth.oauth.logins import status
from openab_auth.oauth.logins.login_details import LoginDetails, read_login_details
from openab_auth.oauth.logins.status import LoginState, Status
from openab_auth.oauth.logins.waiting import WaitingLogins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore


class LoginStates:
    """Reads the states of logins; `catalogue` returns the vendors and servers of this moment."""

    def __init__(
        self,
        store: AsyncStore,
        index: IndexedStore,
        waiting: WaitingLogins,
        catalogue: Callable[[], Awaitable[Catalogue]],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._index = index
        self._waiting = waiting
        self._catalogue = catalogue
        self._clock = clock
        self._reading: asyncio.Task[tuple[LoginState, ...]] | None = None

    async def status(self) -> Status:
        """Return every login, every pending login, and the problems of the store."""
        catalogue, index, now = await self._catalogue(), await self._index.read(), self._clock()
        found = await self._store.run(partial(status.read_status, catalogue=catalogue, now=now, index=index))
        return found._replace(pending=(*found.pending, *self._waiting.in_memory()))

    async def details(self, account: Account) -> LoginDetails | None:
        """Return the login of one account, for a person who wants to end or replace it; None if there is none.

        Raises:
            StorageError: the store or its notes, which say whose login it is, cannot be read.
        """
        catalogue, entries = await self._catalogue(), await self._store.read()
        return await self._store.run(
            partial(read_login_details, tenant=account.tenant, entries=entries, catalogue=catalogue, now=self._clock())
        )

    async def all(self) -> tuple[LoginState, ...]:
        """Return every login; callers that ask at the same time share one read."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_all())
        return await asyncio.shield(self._reading)

    async def _read_all(self) -> tuple[LoginState, ...]:
        catalogue, index, now = await self._catalogue(), await self._index.read(), self._clock()
        return await self._store.run(partial(status.read_states, index=index, catalogue=catalogue, now=now))

    async def aclose(self) -> None:
        """Wait for the read in progress."""
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
