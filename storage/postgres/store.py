"""The PostgreSQL store: commits, leases and spills, for any number of hosts that share one database."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

import psycopg

from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.entries import Entry, LoginEntry
from openab_auth.storage.errors import CommitUnknownError, StorageError, StoreClosedError
from openab_auth.storage.format import codec
from openab_auth.storage.format.keys import check_tenant
from openab_auth.storage.postgres.afterwards import Afterwards
from openab_auth.storage.postgres.asking import AwayError
from openab_auth.storage.postgres.commit import Commit
from openab_auth.storage.postgres.head import HeadCheck
from openab_auth.storage.postgres.leases import LeaseTable, PostgresLease
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.reader import PostgresReader
from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.timed_leases import PostgresTimedLease
from openab_auth.storage.postgres.transaction import Transaction, UnknownOutcomeError, run_alone, was_committed
from openab_auth.storage.postgres.wire import faults
from openab_auth.storage.postgres.wire.connections import BoundConnection
from openab_auth.storage.records import Note
from openab_auth.storage.store import Store
from openab_auth.storage.worker_thread import in_thread

_COMMIT_SECONDS: Final = 10.0  # the longest time for one commit
_LEASE_SECONDS: Final = 5.0  # the longest time for one statement about a lease
_POLL: Final = (0.03, 0.07)  # seconds between two looks at the version, at random: a fleet must not march in step


class PostgresStore(PostgresReader, Store):
    """The store that `settings` name; threads may share the object.

    The clock of the database decides which pending logins are stale, unless `clock` gives unix seconds.
    """

    def __init__(self, settings: PostgresSettings, *, clock: Callable[[], float] | None = None) -> None:
        super().__init__(settings)
        self._clock = clock
        self._afterwards = Afterwards()
        self._leases = LeaseTable(self._ask_leases, partial(self._afterwards.soon, may_be_lost=True))
        self._adopted: UUID | None = None
        self._recent: tuple[str, ...] = ()  # the keys of the last update: the next one probably needs their rows

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run the mutations under the lock on the store's row, and save all changes in one transaction.

        Raises:
            CommitUnknownError: the answer to the commit was lost, and nobody could be asked for it.
            StorageError: nothing was committed.
        """
        commit, begun = Commit(mutations, self._journal, self._leases), time.monotonic()
        try:
            with self._connections.use(_COMMIT_SECONDS) as connection:
                commit.run(self._begin(connection, self._recent), self._snapshot)
        except UnknownOutcomeError as lost:
            self._find_out(lost)
        except psycopg.Error as error:
            raise faults.unwritable(self.place, error, time.monotonic() - begun) from None
        self._recent = commit.keys or self._recent
        self._remember(commit, begun)
        commit.tidy(self._afterwards.soon)
        return commit.outcomes

    def prepare_keys(self, keys: Sequence[str], environ: Mapping[str, str]) -> Callable[[], None]:
        """Read the keys again, and check that they open the rows and this host's journal.

        Raises:
            StoreKeyError: a key cannot be read, has another value, or is missing while rows or the journal may need it.
        """
        settings, earlier = self.settings.with_keys(keys, environ), self._head_check
        try:
            found = HeadCheck(settings, self.place)
            self._asked(lambda connection: found.check(self._fetch_head(connection)))
        except AwayError:
            found = earlier.with_settings(settings)
        found.check_kept(earlier)
        if found.cipher is not None:
            self._journal.load(found.cipher)

        def use_keys() -> None:
            self._head_check, self.settings = found, settings

        return use_keys

    def lease(self, tenant: str) -> PostgresLease:
        """Return the lease of the tenant, which is not taken yet.

        Raises:
            InvalidTenantError: no store accepts this name.
        """
        check_tenant(tenant)
        return PostgresLease(tenant, self._leases, self.place, self._adopted_id, self._look_again)

    def timed_lease(self, name: str) -> PostgresTimedLease:
        """Return the right with this name, which lapses; see `Store.timed_lease`."""
        return PostgresTimedLease(name, self._ask_leases)

    def spill(self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None) -> bool:
        """Keep a renewed login in the journal of this host; see `Store.spill`.

        If the database is away, nobody can tell whether another login came in: the next commit decides.

        Raises:
            StorageError: the login was not kept.
        """
        check_tenant(tenant)
        codec.check(tenant, entry)
        cipher = self._known_cipher()
        spill = self._journal.compose_spill(cipher, tenant, entry, replaces, note)
        is_known, stored = self._stored_entry(tenant)
        if is_known and not spill.takes_place_of(stored):
            return False
        self._journal.spills.write(cipher, spill)
        self._leases.keep(tenant)
        return True

    def check_writable(self) -> None:
        """Prove that a commit would succeed now, and that the journal could take a login, without changing anything.

        Raises:
            StoreUnwritableError: a commit would fail.
        """
        self._journal.check_writable()
        begun = time.monotonic()
        try:
            with self._connections.use(_COMMIT_SECONDS) as connection:
                self._begin(connection).rehearse()
        except psycopg.Error as error:
            raise faults.unwritable(self.place, error, time.monotonic() - begun) from None

    def check_usable(self) -> None:
        """Prove that the database answers and that leases can be taken, without changing anything.

        Raises:
            StorageError: one of them is impossible.
        """
        try:
            self._asked(self._read_head)
        except AwayError as away:
            raise away.error from away.cause
        self._leases.check()

    def close(self) -> None:
        """Wait until leases are given back and rotations are in the journal; then close the connections."""
        self._afterwards.finish()
        super().close()

    async def wait_for_change(self, since: Hashable, timeout: float) -> bool:  # noqa: ASYNC109 -- as `Store`
        """Wait until the version differs from `since`; ask the database for it every few hundredths of a second."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        while self.version() == since:
            left = deadline - clock()
            if left <= 0:
                return False
            pause = random.uniform(*_POLL)  # noqa: S311 - spreads, hides nothing
            await asyncio.sleep(min(pause, left))
            await in_thread(self._look_at_version, pause)
        return True

    def _begin(self, connection: BoundConnection, keys: Collection[str] = ()) -> Transaction:
        now = None if self._clock is None else self._clock()
        return Transaction(connection, self._tables, self._head_check.check, now, keys)

    def _find_out(self, lost: UnknownOutcomeError) -> None:
        """Ask whether a commit without an answer was made; return if it was.

        Raises:
            CommitUnknownError: nobody could be asked.
            StoreUnwritableError: it was not made.
        """
        try:
            with self._connections.use(_COMMIT_SECONDS) as connection:
                if was_committed(connection, self._tables, lost.token):
                    return
        except psycopg.Error as error:
            raise CommitUnknownError(self.place, faults.unreadable(self.place, error).reason) from None
        raise faults.unwritable(self.place, lost.cause, 0.0) from None

    def _remember(self, commit: Commit, begun: float) -> None:
        """Take over what was committed, unless another thread has read a newer version meanwhile."""
        if commit.written is None:
            return
        stamp, before = commit.written.stamp, commit.before
        with self._noting:
            newer = self._stamp is not None and self._stamp[0] > stamp[0] and self._checked_at >= begun
            if newer:
                return
            self._stamp, self._checked_at = stamp, time.monotonic()
        if commit.snapshot is not None:
            self._snapshot = commit.snapshot
        for name, records in tuple(self._records.items()):
            if records.stamp == before and name not in commit.changed_kinds:
                self._records[name] = records._replace(stamp=stamp)

    def _adopted_id(self) -> UUID:
        """Return the id of the store that this host works with; the first use of a store adopts it.

        Raises:
            StoreClosedError: this host has worked with another store, of which this one may be a copy.
            StorageError: the database or the journal could not be asked.
        """
        if self._adopted is None:
            found, ours = self._known_cipher().store_id, self._journal.store_id()
            if ours is None:
                self._journal.adopt(found)
            elif ours != found:
                raise StoreClosedError(self.place, f"the journal {self._journal.folder} belongs to another store")
            self._adopted = found
        return self._adopted

    def _known_cipher(self) -> Cipher:
        if (cipher := self._head_check.cipher) is not None:
            return cipher
        try:
            _, cipher = self._asked(self._read_head)
        except AwayError as away:
            raise away.error from away.cause
        return cipher

    def _stored_entry(self, tenant: str) -> tuple[bool, Entry | None]:
        """Return whether the database could be asked, and the entry that it holds."""
        try:
            return True, self._asked(lambda connection: self._read_one(connection, tenant))
        except (AwayError, StorageError):
            return False, None

    def _ask_leases(self, statement: str, values: dict[str, Any]) -> tuple[int, tuple[Any, ...] | None]:
        try:
            with self._connections.use(_LEASE_SECONDS) as connection:
                done = run_alone(connection, self._tables.sql(statement), values)
                return done.rowcount, done.fetchone() if done.description else None
        except psycopg.Error as error:
            raise faults.unwritable(self.place, error, _LEASE_SECONDS) from None

    def _look_at_version(self, pause: float) -> None:
        if time.monotonic() - self._checked_at >= pause:  # otherwise another waiting task has asked
            with contextlib.suppress(AwayError, StorageError):
                self._asked(self._read_head)
