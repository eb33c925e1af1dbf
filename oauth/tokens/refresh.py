"""One refresh of one login: under its tenant's lock, one request, committed only over the token that was posted.

A request that left and got no answer may have rotated the token. It is repeated once, at once, while servers that
forgive a repetition still do; what is known of it is in the login's note from before the first byte is sent.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client import is_other_account
from openab_auth.oauth.entries import backoff
from openab_auth.oauth.entries.login_entry import dead_of, login_of, renewed_entry, renewed_note
from openab_auth.oauth.entries.unsaved import Renewal, Unsaved
from openab_auth.oauth.errors import (
    LoginDeadError,
    NotLoggedInError,
    NotRefreshableError,
    RefreshBusyError,
    RefreshUnansweredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import LAST_REQUEST, LAST_TRY, Deadline, awake_timeout
from openab_auth.oauth.tokens.adopt import adopt, lock_or_adopt, stored, supersedes
from openab_auth.storage import AsyncStore, LoginEntry, McpEntry, RefreshLock, StorageError, Tenant, TokenEntry
from openab_auth.storage.draft import Draft
from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.flows import Renewer

_log: Final = logging.getLogger(__name__)


class Refresh:
    """Replaces the login of `tenant` once; `clock` gives unix seconds, `deadline` bounds all of it.

    `renewer_of` says who renews an entry. `open_driver` is called only by whoever has the lock: those who adopt need no
    HTTP client. `unsaved` gets what no disk took. With `deliberate` a person asks, and no other process's failure is a
    reason to wait.
    """

    def __init__(  # noqa: PLR0913  # what it stands on, passed in
        self,
        store: AsyncStore,
        tenant: Tenant,
        renewer_of: Callable[[LoginEntry], Renewer],
        open_driver: Callable[[], Awaitable[Driver]],
        unsaved: Unsaved,
        *,
        clock: Callable[[], float],
        deadline: Deadline,
        deliberate: bool = False,
    ) -> None:
        self._store = store
        self._tenant = tenant
        self._renewer_of = renewer_of
        self._open_driver = open_driver
        self._unsaved = unsaved
        self._clock = clock
        self._deliberate = deliberate
        self._deadline = deadline
        self._doubtful = False  # whether the token may be spent: a request with it was never answered

    async def replace(self, stale: LoginEntry) -> LoginEntry:
        """The login that takes the place of `stale`: another process's, or a new one of the vendor.

        Raises:
            OAuthError: as `TokenSource.get_valid`.
            StorageError: the store cannot be read or written.
        """
        renewer, note = self._renewer_of(stale), await self._note()
        self._check_renewable(stale, note)  # nobody need wait for a lock to be refused
        known = backoff.attempt_of(stale, note)

        def adoptable(entry: LoginEntry) -> bool:
            return supersedes(entry, stale, self._clock())

        if seconds := self._waits(stale, known, renewer.settings):
            adopted = await adopt(
                self._store, self._tenant, adoptable, seconds=seconds, stopping=self._deadline.stopping
            )
            if adopted is not None:
                return adopted
        turn = await lock_or_adopt(self._store, self._tenant, adoptable, self._deadline)
        if isinstance(turn, TokenEntry | McpEntry):
            return turn
        try:
            entry = await stored(self._store, self._tenant)
            return entry if adoptable(entry) else await self._request(entry, known, turn)
        finally:
            if not self._unsaved.holds(turn):
                with suppress(OSError, StorageError):  # the lock is free all the same, and the login may be renewed
                    turn.release()

    def _waits(self, stale: LoginEntry, attempt: RefreshAttempt | None, settings: str) -> float:
        """Seconds for which the vendor is to be left alone, when they can be sat out.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: they are too many, or the token still lives and need not
                wait.
        """
        seconds = backoff.pause(attempt, settings, self._clock())
        if attempt is None or not seconds or self._deliberate:
            return 0.0
        if self._clock() < stale.expires_at or seconds > self._deadline.left(LAST_TRY):
            raise backoff.refusal(self._tenant, attempt, seconds)
        return seconds

    async def _request(self, entry: LoginEntry, known: RefreshAttempt | None, lock: RefreshLock) -> LoginEntry:
        """Ask the vendor, who holds the lock; `known` is the failed attempt that was sat out before."""
        renewer, note = self._renewer_of(entry), await self._note()
        self._check_renewable(entry, note)
        before = backoff.attempt_of(entry, note)
        seconds = backoff.pause(before, renewer.settings, self._clock())
        if before and seconds and before != known and not self._deliberate:
            raise backoff.refusal(self._tenant, before, seconds)  # somebody has asked while we waited
        # A token that the vendor rotates and the disk refuses is lost: see that it can be kept before asking for it.
        await self._store.check_writable()
        driver = await self._open_driver()
        attempt = backoff.begun(entry, before, self._clock())
        if stands := await self._note_unless_replaced(entry, attempt=attempt):
            return stands
        if not self._deadline.allows(LAST_REQUEST):
            await self._note_unless_replaced(entry, attempt=before)
            raise RefreshBusyError(self._tenant, self._deadline.used())
        self._doubtful = before is not None and not before.answered
        if self._doubtful:
            _log.warning("%s: a refresh token is posted again whose last request got no answer", self._tenant)
        async with self._unsaved.owner() as owner:
            try:
                grant = await self._ask(renewer, driver, entry)
                self._check_owner(entry, grant, note)
                renewal = self._renewal(entry, grant, lock)
                owner.hold(renewal)
            except LoginDeadError as error:
                return await self._bury(entry, error)
            except (NotRefreshableError, StorageError):  # what the request needs is not here, so none was sent
                await self._note_unless_replaced(entry, attempt=attempt if self._doubtful else before)
                raise
            except (VendorUnavailableError, VendorMisconfiguredError) as error:
                failure = backoff.failed(attempt, error, renewer.settings, self._clock(), answered=not self._doubtful)
                if stands := await self._note_unless_replaced(entry, attempt=failure):
                    return stands
                raise
            async with awake_timeout(self._deadline.for_disk()):
                return await self._store.update(partial(self._commit, posted=entry, grant=grant))
        return await self._kept(renewal)

    async def _ask(self, renewer: Renewer, driver: Driver, entry: LoginEntry) -> TokenResponse:
        """The grant; a request without an answer is repeated once, if there is time, and leaves us in doubt.

        Raises:
            RefreshUnansweredError: so is the repetition, or a vendor in trouble cannot clear up what came before.
        """
        for repeated in (False, True):
            try:
                return await renewer.renew(driver, entry)
            except LoginDeadError as error:
                raise (backoff.spent(error) if self._doubtful else error) from None
            except VendorUnavailableError as error:
                self._doubtful |= error.unanswered
                if not error.unanswered or repeated or not self._deadline.allows(LAST_REQUEST):
                    if self._doubtful:
                        raise RefreshUnansweredError(
                            self._tenant, error.reason, retry_after=error.retry_after
                        ) from None
                    raise
                _log.warning("%s: a refresh got no answer (%s) and is repeated once", self._tenant, error.reason)
        raise AssertionError  # the second round has returned or raised

    def _check_owner(self, posted: LoginEntry, grant: TokenResponse, note: Note) -> None:
        """Refuse another account's tokens: the login is dead, as the posted token is spent. A label decides nothing."""
        before, now = note.account or "one account", grant.account or "another account"
        if is_other_account(note.subject, posted.refresh_token, grant.subject):
            _log.error("%s: its vendor answered a refresh with the tokens of %s; they are not kept", self._tenant, now)
            said = f"it belongs to {before}, and the vendor renewed it as {now}, which was not stored"
            raise LoginDeadError(self._tenant, said)
        if note.account and grant.account and note.account != grant.account:
            _log.info("%s: the account that was called %s is called %s by now", self._tenant, before, now)

    def _renewal(self, posted: LoginEntry, grant: TokenResponse, lock: RefreshLock) -> Renewal:
        """Return the grant as the login that takes the place of `posted`."""
        entry = cache(partial(renewed_entry, posted, grant, now=self._clock()))
        return Renewal(
            tenant=self._tenant,
            commit=partial(self._commit, posted=posted, grant=grant),
            spill=lambda store: store.spill(self._tenant, entry(), posted.refresh_token),
            entry=entry,
            posted=posted.refresh_token,
            lock=lock,
        )

    async def _kept(self, renewal: Renewal) -> LoginEntry:
        """Return the renewed login that the store did not take, or the one that came in meanwhile."""
        if renewal.journaled:
            with suppress(OSError, StorageError):  # what cannot be read now is known all the same
                return await stored(self._store, self._tenant)
        return renewal.entry()

    def _check_renewable(self, entry: LoginEntry, note: Note) -> None:
        """Refuse, without a request, what nobody can or will renew."""
        if not entry.refresh_token:
            raise LoginDeadError(self._tenant, "the vendor gave no refresh token")
        if dead := dead_of(entry, note):
            raise LoginDeadError(self._tenant, dead.reason, dead.since)

    async def _bury(self, posted: LoginEntry, error: LoginDeadError) -> LoginEntry:
        """Remember that the posted token is dead and raise, unless another login is there by now: then that one."""
        dead = DeadToken(posted.refresh_token.fingerprint(), error.reason, int(self._clock()))
        if stands := await self._note_unless_replaced(posted, dead=dead, attempt=None):
            return stands
        raise error

    async def _note(self) -> Note:
        """Return what is noted of the login; where that cannot be read, nobody posts a token that may be dead.

        Raises:
            StoreUnreadableError: the notes are there but could not be read.
        """
        return (await self._store.notes()).get(self._tenant) or Note()

    async def _note_unless_replaced(
        self, posted: LoginEntry, **fields: RefreshAttempt | DeadToken | None
    ) -> LoginEntry | None:
        """Change the note of the posted token. Where another login stands by now, its note is kept and it is given.

        A note that cannot be written is logged: notes may be lost.
        """
        failed: object = "the store is busy"
        try:
            async with awake_timeout(self._deadline.for_disk()):
                return await self._store.update(lambda draft: self._write_note(draft, posted, fields))
        except TimeoutError:
            pass
        except NotLoggedInError:
            raise
        except StorageError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 - no fault of the disk may hide what the vendor has said
            failed = type(error).__name__
        _log.warning("%s: what is known of its refresh could not be noted: %s", self._tenant, failed)
        return None

    def _write_note(
        self, draft: Draft, posted: LoginEntry, fields: dict[str, RefreshAttempt | DeadToken | None]
    ) -> LoginEntry | None:
        current = login_of(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            return current
        note = draft.notes.get(self._tenant) or Note()
        draft.notes[self._tenant] = dataclasses.replace(note, **fields)  # type: ignore[arg-type] # each of its own type
        return None

    def _commit(self, draft: Draft, posted: LoginEntry, grant: TokenResponse) -> LoginEntry:
        """Write the grant, unless a login or a logout came in between: then that one stands."""
        current = login_of(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            _log.info("%s: another login came in during a refresh and stands", self._tenant)
            return current
        draft[self._tenant] = following = renewed_entry(current, grant, now=self._clock())
        with suppress(StoreUnreadableError):  # notes may be lost, a renewed login may not
            if note := draft.notes.get(self._tenant):
                draft.notes[self._tenant] = renewed_note(note, current, following, grant)
        return following
