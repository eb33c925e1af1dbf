"""One refresh of one login: under its tenant's lock, one request, committed only over the token that was posted."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from oauth.adopt import Adopted, lock_or_adopt, renewed, stored
from oauth.errors import LoginDeadError
from oauth.login_entry import dead_of, login_of, renewed_entry
from storage import AsyncStore, LoginEntry, StorageError, Tenant
from storage.draft import Draft
from storage.notes import DeadToken, Note

if TYPE_CHECKING:
    from oauth.driver import Driver
    from oauth.renewer import Renewer
    from oauth.reply import Grant

_log: Final = logging.getLogger(__name__)


class Refresh:
    """Renews the login of `tenant`; `clock` gives unix seconds, `deadline` bounds the wait for others, in seconds.

    `renewer_of` says who renews an entry. `driver` is asked for only by whoever has the lock: those who adopt need no
    HTTP client.
    """

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        store: AsyncStore,
        tenant: Tenant,
        renewer_of: Callable[[LoginEntry], Renewer],
        driver: Callable[[], Awaitable[Driver]],
        *,
        clock: Callable[[], float],
        deadline: float,
    ) -> None:
        self._store = store
        self._tenant = tenant
        self._renewer_of = renewer_of
        self._driver = driver
        self._clock = clock
        self._deadline = deadline

    async def run(self, stale: LoginEntry) -> LoginEntry:
        """The login that takes the place of `stale`: another process's, or a new one of the vendor.

        Raises:
            OAuthError: as `TokenSource.get_valid`.
            StorageError: the store cannot be read or written.
        """
        await self._renewer(stale)  # nobody need wait for a lock to learn this
        turn = await lock_or_adopt(self._store, self._tenant, stale, clock=self._clock, deadline=self._deadline)
        if isinstance(turn, Adopted):
            return turn.entry
        try:
            entry = await stored(self._store, self._tenant)
            return entry if renewed(entry, stale, self._clock()) else await self._renew(entry)
        finally:
            turn.release()

    async def _renew(self, entry: LoginEntry) -> LoginEntry:
        renewer = await self._renewer(entry)
        # A token that the vendor rotates and the disk refuses is lost: see that it can be kept before asking for it.
        await self._store.check_writable()
        driver = await self._driver()
        try:
            grant = await renewer.renew(driver, entry)
        except LoginDeadError as error:
            return await self._bury(entry, error)
        return await self._store.update(lambda draft: self._commit(draft, entry, grant))

    async def _renewer(self, entry: LoginEntry) -> Renewer:
        """Who renews this entry; what nobody can or will renew is refused without a request."""
        renewer = self._renewer_of(entry)
        if not entry.refresh_token:
            raise LoginDeadError(self._tenant, "the vendor gave no refresh token")
        if dead := dead_of(entry, (await self._store.notes()).get(self._tenant)):
            raise LoginDeadError(self._tenant, dead.reason, dead.since)
        return renewer

    async def _bury(self, posted: LoginEntry, error: LoginDeadError) -> LoginEntry:
        """Remember that the posted token is dead and raise, unless another login is there by now: then that one."""
        try:
            stands = await self._store.update(lambda draft: self._note_dead(draft, posted, error.reason))
        except StorageError as unsaved:
            _log.warning("%s: that the login is dead could not be noted: %s", self._tenant, unsaved)
            raise error from None
        if stands is None:
            raise error
        return stands

    def _commit(self, draft: Draft, posted: LoginEntry, grant: Grant) -> LoginEntry:
        """Write the grant, unless a login or a logout came in between: then that one stands."""
        current = login_of(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            _log.info("%s: another login came in during a refresh and stands", self._tenant)
            return current
        draft[self._tenant] = following = renewed_entry(current, grant, now=self._clock())
        return following

    def _note_dead(self, draft: Draft, posted: LoginEntry, reason: str) -> LoginEntry | None:
        """Note it for the posted token alone; the login that has another one by now is given and untouched."""
        current = login_of(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            return current
        dead = DeadToken(posted.refresh_token.fingerprint(), reason, int(self._clock()))
        draft.notes[self._tenant] = dataclasses.replace(draft.notes.get(self._tenant) or Note(), dead=dead)
        return None
