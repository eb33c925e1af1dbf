"""One refresh of one login: one request under the tenant's lease, committed only over the token that was posted.

A request without an answer may have rotated the token. It is repeated once, at once, because some servers accept the
old token again for a short time. After an answer that is incomplete or cannot be read, the request is not repeated. The
attempt is in the login's note before the first byte is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.entries import (
    OvertakenError,
    UnsavedLogins,
    UnsavedRenewal,
    backoff,
    dead_token,
    read_login,
    record_facts,
    renewed_entry,
    renewed_note,
)
from openab_auth.oauth.errors import (
    LoginDeadError,
    NetworkVariableError,
    NotRefreshableError,
    RefreshBusyError,
    RefreshRefusedError,
    RefreshUnansweredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.http import LAST_TRY, Deadline, awake_timeout
from openab_auth.oauth.http.interrupt import undisturbed
from openab_auth.oauth.tokens.adopt import adopt, adopt_or_lease, is_successor, stored_login
from openab_auth.oauth.tokens.other_account import refuse_other_account
from openab_auth.oauth.tokens.posting import may_post, may_post_again
from openab_auth.oauth.tokens.refresh_notes import RefreshNotes
from openab_auth.oauth.vendors.facts import facts_of
from openab_auth.storage import AsyncStore, Lease, LoginEntry, StorageError, Store, Tenant
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.errors import OpenabAuthError, StoreClosedError, StoreUnreadableError
from openab_auth.storage.records.notes import DeadToken, Note, RefreshAttempt

if TYPE_CHECKING:
    from openab_auth.oauth.client import Driver, TokenResponse
    from openab_auth.oauth.flows import Renewer
    from openab_auth.oauth.tokens.find_renewer import FoundRenewer
    from openab_auth.oauth.vendors import Vendor

_log: Final = logging.getLogger(__name__)
_RESTORED: Final = "it was restored from a backup, and its refresh token may be spent"


class Refresh:
    """Replaces the login of `tenant` once; `clock` gives unix seconds, `deadline` bounds the whole refresh.

    `renewer_of` finds the renewer of an entry. `open_driver` is called only under the lease, because adopting a login
    needs no HTTP client. `unsaved` keeps a login that could not be stored. With `deliberate` a person asked for the
    refresh, which then does not wait because another process failed.
    """

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        store: AsyncStore,
        tenant: Tenant,
        renewer_of: Callable[[LoginEntry], Awaitable[FoundRenewer]],
        open_driver: Callable[[], Awaitable[Driver]],
        unsaved: UnsavedLogins,
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
        self._notes = RefreshNotes(store, tenant, deadline)
        self._doubtful = False  # the token may be rotated: a request with it got no answer
        self.answer: TokenResponse | None = None
        """The vendor's answer to the request of this refresh; None if another process's login was adopted."""

    async def replace(self, stale: LoginEntry) -> LoginEntry:
        """Return the login that replaces `stale`: one that another process committed, or a new one from the vendor.

        Raises:
            OAuthError: as `TokenSource.get_valid`.
            StorageError: the store cannot be read or written.
        """
        (renewer, _), note = await self._renewer_of(stale), await self._notes.read()
        self._check_renewable(stale, note)  # a refusal needs no lease
        known = backoff.unfinished_attempt(stale, note)

        def adoptable(entry: LoginEntry) -> bool:
            return is_successor(entry, stale, self._clock())

        if seconds := self._pause(stale, known, renewer.config_hash):
            adopted = await adopt(
                self._store, self._tenant, adoptable, seconds=seconds, stopping=self._deadline.stopping
            )
            if adopted is not None:
                return adopted
        acquired = await adopt_or_lease(self._store, self._tenant, adoptable, self._deadline)
        if isinstance(acquired, LoginEntry):
            return acquired
        lease = acquired
        try:
            entry = await stored_login(self._store, self._tenant)
            return entry if adoptable(entry) else await self._request(entry, known, lease)
        finally:
            if not self._unsaved.holds(lease):
                with suppress(OSError, StorageError):  # the lease is free all the same
                    lease.release()

    def _pause(self, stale: LoginEntry, attempt: RefreshAttempt | None, config_hash: str) -> float:
        """Return the seconds to wait before the vendor may be asked again.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: the wait is too long, or the token still lives.
        """
        seconds = backoff.remaining_pause(attempt, config_hash, self._clock())
        if attempt is None or not seconds or self._deliberate:
            return 0.0
        if self._clock() < stale.expires_at or seconds > self._deadline.left(LAST_TRY):
            raise backoff.pause_error(self._tenant, attempt, seconds)
        return seconds

    async def _request(self, entry: LoginEntry, known: RefreshAttempt | None, lease: Lease) -> LoginEntry:
        """Ask the vendor under the lease, and commit its answer; `known` is the failed attempt whose pause is over."""
        (renewer, row), note = await self._renewer_of(entry), await self._notes.read()
        self._check_renewable(entry, note)
        before = self._failed_before(entry, note, known, renewer.config_hash)
        # Check the disk before the request: a rotated token that cannot be written is lost.
        await self._store.check_writable()
        driver = await self._open_driver()
        driver.http(renewer.network_policy)  # it raises if no request can be sent, so nothing is noted for it
        attempt = backoff.start_attempt(entry, before, self._clock())
        if newer := await self._announce(entry, attempt, before, lease):
            return newer
        async with self._unsaved.owner() as owner:
            try:
                tokens = await self._ask(renewer, driver, entry, lease)
                renewal = undisturbed(partial(self._renewal, entry, tokens, note, lease, row))
                owner.hold(renewal)
                self.answer = tokens
            except (NetworkVariableError, NotRefreshableError, StorageError):  # something for the request was missing
                await self._notes.change_unless_replaced(entry, attempt=attempt if self._doubtful else before)
                raise
            except (LoginDeadError, VendorUnavailableError, VendorMisconfiguredError) as failed:
                error = backoff.ended_by_refusals(self._tenant, failed, attempt, self._clock())
                if newer := await self._note_failure(entry, error, attempt, renewer.config_hash):
                    return newer
                raise error from None
            async with awake_timeout(self._deadline.for_disk()):
                return await self._store.update(partial(self._commit, posted=entry, tokens=tokens, row=row))
        return await self._unsaved_entry(renewal)

    def _failed_before(
        self, entry: LoginEntry, note: Note, known: RefreshAttempt | None, config_hash: str
    ) -> RefreshAttempt | None:
        """Return the last failed attempt with this token, now that the lease is held.

        Raises:
            VendorUnavailableError, VendorMisconfiguredError: another process asked while this one waited for the lease.
        """
        before = backoff.unfinished_attempt(entry, note)
        seconds = backoff.remaining_pause(before, config_hash, self._clock())
        if before and seconds and before != known and not self._deliberate:
            raise backoff.pause_error(self._tenant, before, seconds)
        return before

    async def _announce(
        self, entry: LoginEntry, attempt: RefreshAttempt, before: RefreshAttempt | None, lease: Lease
    ) -> LoginEntry | None:
        """Note the attempt before its first byte is sent; if another login came in meanwhile, return that.

        Raises:
            RefreshBusyError: there is no time left for a request, and the note is as it was.
            StorageError: nobody can tell whether the lease is still held.
        """
        if newer := await self._notes.change_unless_replaced(entry, attempt=attempt):
            return newer
        posts = False
        try:
            posts = await may_post(lease, self._deadline)
        finally:
            if not posts:
                await self._notes.change_unless_replaced(entry, attempt=before)
        if not posts:
            raise RefreshBusyError(self._tenant, self._deadline.used())
        self._doubtful = before is not None and not before.answered
        if self._doubtful:
            _log.warning("%s: the last request with this refresh token got no answer; it is posted again", self._tenant)
        return None

    async def _note_failure(
        self,
        posted: LoginEntry,
        error: LoginDeadError | VendorUnavailableError | VendorMisconfiguredError,
        attempt: RefreshAttempt,
        config_hash: str,
    ) -> LoginEntry | None:
        """Note why the vendor gave no tokens; if another login came in meanwhile, return that."""
        now = self._clock()
        if isinstance(error, LoginDeadError):
            dead = DeadToken(posted.refresh_token.fingerprint(), error.reason, int(now), doubtful=error.doubtful)
            return await self._notes.change_unless_replaced(posted, dead=dead, attempt=None)
        failure = backoff.fail_attempt(attempt, error, config_hash, now, answered=not self._doubtful)
        return await self._notes.change_unless_replaced(posted, attempt=failure)

    async def _ask(self, renewer: Renewer, driver: Driver, entry: LoginEntry, lease: Lease) -> TokenResponse:
        """Return the token response; repeat a request without an answer once, if there is time.

        An answer that could not be read counts as none, but its token is not posted again at once.

        Raises:
            RefreshUnansweredError: a request got no answer, and the token may have been rotated.
        """
        for repeated in (False, True):
            try:
                return await renewer.renew(driver, entry)
            except LoginDeadError as error:
                raise (backoff.lost_answer_error(error) if self._doubtful else error) from None
            except VendorUnavailableError as error:
                self._doubtful |= error.unanswered or error.unread
                if not error.unanswered or repeated or not await may_post_again(lease, self._deadline):
                    if self._doubtful and not isinstance(error, RefreshRefusedError):
                        raise RefreshUnansweredError(
                            self._tenant, error.reason, retry_after=error.retry_after
                        ) from None
                    raise
                _log.warning("%s: a refresh got no answer (%s) and is repeated once", self._tenant, error.reason)
            except OpenabAuthError:
                raise
            except Exception as error:  # noqa: BLE001 - the token may be posted already
                self._doubtful = True
                with suppress(MemoryError):
                    _log.error("%s: an unexpected error ended a refresh (%s)", self._tenant, type(error).__name__)
                raise undisturbed(partial(backoff.unread_answer_error, self._tenant, error)) from None
        raise AssertionError  # the second round returns or raises

    def _renewal(
        self, posted: LoginEntry, tokens: TokenResponse, note: Note, lease: Lease, row: Vendor
    ) -> UnsavedRenewal:
        """Return the token response as the login that replaces `posted`, if it belongs to the same account."""
        refuse_other_account(self._tenant, posted, tokens, note)
        entry = cache(partial(renewed_entry, posted, tokens, now=self._clock()))

        def spill(store: Store) -> None:
            if not store.spill(self._tenant, entry(), posted):
                raise OvertakenError

        return UnsavedRenewal(
            tenant=self._tenant,
            commit=partial(self._commit, posted=posted, tokens=tokens, row=row),
            spill=spill,
            entry=entry,
            posted=posted,
            lease=lease,
        )

    async def _unsaved_entry(self, renewal: UnsavedRenewal) -> LoginEntry:
        """Return the renewed login that the store could not write, or the login that came in meanwhile."""
        with suppress(OSError, StorageError):  # the renewed login is known, even if it cannot be read
            return self._unsaved.newest(self._tenant, await stored_login(self._store, self._tenant))
        return renewal.entry()

    def _check_renewable(self, entry: LoginEntry, note: Note) -> None:
        """Refuse, without a request, a login that cannot be renewed."""
        if not entry.refresh_token and note.waits:
            place = f"the login {self._tenant}"
            raise StoreClosedError(place, _RESTORED)
        if not entry.refresh_token:
            raise LoginDeadError(self._tenant, "the store has no refresh token for it")
        dead = dead_token(entry, note)
        if dead and not (dead.doubtful and self._deliberate):
            raise LoginDeadError(self._tenant, dead.reason, dead.since)

    def _commit(self, draft: Draft, posted: LoginEntry, tokens: TokenResponse, row: Vendor) -> LoginEntry:
        """Write the token response; if another login came in meanwhile, return that login and write nothing.

        Raises:
            NotLoggedInError: a logout came in meanwhile.
        """
        current = read_login(draft, self._tenant)
        if current.refresh_token != posted.refresh_token:
            _log.info("%s: another login came in during a refresh and stays", self._tenant)
            return current
        draft[self._tenant] = following = renewed_entry(current, tokens, now=self._clock())
        with suppress(StoreUnreadableError):  # notes may be lost, a renewed login may not
            if note := draft.notes.get(self._tenant):
                draft.notes[self._tenant] = renewed_note(note, current, following, tokens)
        recorded = facts_of(row)
        if row.in_config or recorded:
            record_facts(draft, self._tenant, recorded, following.refresh_token, posted=posted.refresh_token)
        return following
