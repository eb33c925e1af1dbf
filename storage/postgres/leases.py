"""The lease of one tenant in the database: a row that one conditional statement takes, by the clock of the database.

No connection is held meanwhile, so that a slow vendor pins none. A lease that has lapsed does not prove that its holder
is dead: a holder that has posted a refresh token keeps it for two minutes more, to commit the vendor's answer.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

from openab_auth.storage.boot_clock import boot_clock
from openab_auth.storage.errors import StoreClosedError
from openab_auth.storage.store import Lease

Soon: TypeAlias = Callable[[Callable[[], object]], "Future[None] | None"]
LIFETIME: Final = 30.0  # seconds; longer than the deadline of a refresh
GRACE: Final = 120.0  # seconds after its end, for a holder that has posted a token
_RETRY: Final = 0.4  # seconds; a commit is seen sooner, by the version of the store
_ENDS: Final = "case when posted_at is null then until else until + make_interval(secs => %(grace)s) end"
# A held lease is only read: `on conflict` would lock its row, and that of 64 waiting agents delays its holder.
_TAKE: Final = f"""
    with taken as (
        insert into {{schema}}.leases as lease (name, holder, until)
        select %(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(lifetime)s)
        from {{schema}}.store where open and id = %(store)s and not exists (
            select from {{schema}}.leases where name = %(name)s and clock_timestamp() <= {_ENDS})
        on conflict (name) do update set holder = excluded.holder, until = excluded.until, posted_at = null
        where clock_timestamp() > case when lease.posted_at is null then lease.until
            else lease.until + make_interval(secs => %(grace)s) end
        returning name)
    select (select count(*) from taken), (select open and id = %(store)s from {{schema}}.store),
        (select extract(epoch from {_ENDS} - clock_timestamp())::float8 from {{schema}}.leases where name = %(name)s)
"""  # noqa: S608 - our own text
_MARK: Final = """
    update {schema}.leases set posted_at = clock_timestamp() where name = %(name)s and holder = %(holder)s
    and until > clock_timestamp() + make_interval(secs => %(needed)s)"""
_RELEASE: Final = "delete from {schema}.leases where name = %(name)s and holder = %(holder)s"

# No row is locked, but the database refuses as it would refuse a lease: without the right, or as a standby.
_CHECK: Final = "select from {schema}.leases where false for update"


class LeaseTable:
    """The leases of one store, and those that this process holds; threads may share it."""

    def __init__(self, ask: Callable[[str, dict[str, Any]], tuple[int, tuple[Any, ...] | None]], soon: Soon) -> None:
        """Take `ask`, which runs one statement and returns how many rows it changed, and its first row.

        `soon` runs a function in another thread.
        """
        self._ask = ask
        self._soon = soon
        self._holders: dict[str, UUID] = {}
        self._kept: dict[str, UUID] = {}
        self._releases: dict[str, Future[None]] = {}

    def take(self, name: str, holder: UUID, store: UUID) -> tuple[bool, bool, float | None]:
        """Return whether the lease was taken, whether the store is open, and the seconds until it is free."""
        if (ours := self._releases.pop(name, None)) is not None:
            ours.result()  # otherwise this process would find its own lease, which it has given back
        values = {"name": name, "holder": holder, "lifetime": LIFETIME, "grace": GRACE, "store": store}
        _, row = self._ask(_TAKE, values)
        taken, is_open, free_in = row or (0, False, None)
        if taken:
            self._holders[name] = holder
        return bool(taken), bool(is_open), free_in

    def check(self) -> None:
        """Prove that leases could be taken now, without taking one.

        Raises:
            StorageError: they could not.
        """
        self._ask(_CHECK, {})

    def mark(self, name: str, holder: UUID, needed: float) -> bool:
        """Note that its holder sends a request; return whether it still holds the lease for `needed` seconds."""
        changed, _ = self._ask(_MARK, {"name": name, "holder": holder, "needed": needed})
        return changed == 1

    def holder(self, name: str) -> UUID | None:
        """Return the id under which this process holds the lease, or keeps it for an answer in the journal."""
        return self._holders.get(name) or self._kept.get(name)

    def keep(self, name: str) -> None:
        """Keep the lease beyond its release: the answer of the vendor is in the journal of this host only.

        The other hosts would post the token that the database still shows.
        """
        if holder := self._holders.get(name):
            self._kept[name] = holder

    def release(self, name: str, holder: UUID) -> None:
        """Give the lease back soon, unless it is kept."""
        if self._holders.get(name) == holder:
            del self._holders[name]
        if self._kept.get(name) != holder:
            self._delete_soon(name, holder)

    def answered(self, name: str) -> None:
        """End the keeping of a lease, because the answer is in the database now."""
        holder = self._kept.pop(name, None)
        if holder is not None and self._holders.get(name) != holder:
            self._delete_soon(name, holder)

    def _delete_soon(self, name: str, holder: UUID) -> None:
        release = self._soon(partial(self._ask, _RELEASE, {"name": name, "holder": holder}))
        if release is not None:
            self._releases[name] = release


class PostgresLease(Lease):
    """The right to refresh one tenant; two objects exclude each other also within one process."""

    def __init__(
        self,
        name: str,
        table: LeaseTable,
        place: str,
        adopted: Callable[[], UUID],
        when_taken: Callable[[], None],
    ) -> None:
        """Take the name of the store for people, and what returns the id of the store that this host works with.

        `when_taken` is called after each successful `try_acquire`.
        """
        self._name = name
        self._table = table
        self._place = place
        self._adopted = adopted
        self._when_taken = when_taken
        self._holder: UUID | None = None
        self._until = 0.0
        self._free_at: float | None = None

    def try_acquire(self) -> bool:
        """Take the lease if it is free, and return whether this object took it.

        Raises:
            StoreClosedError: the store is closed for refreshes, or is another one than this host has adopted.
            StorageError: the database could not be asked; then nobody may refresh.
        """
        if self._holder is not None:
            return False
        holder, store, asked_at = uuid4(), self._adopted(), boot_clock()
        taken, is_open, free_in = self._table.take(self._name, holder, store)
        if not is_open:
            raise StoreClosedError(self._place, "it was restored or copied, and its refresh tokens may be spent")
        if taken:
            self._holder, self._until = holder, asked_at + LIFETIME
            self._when_taken()
        else:
            self._free_at = None if free_in is None else boot_clock() + max(free_in, 0.0)
        return taken

    def mark_posted(self, needed: float) -> bool:
        """Note that the refresh token is about to be sent; see `Lease.mark_posted`."""
        if self._holder is None or boot_clock() + needed > self._until:
            return False
        return self._table.mark(self._name, self._holder, needed) and boot_clock() + needed <= self._until

    def free_in(self) -> float | None:
        """Return the seconds until another process may take the lease, as the last `try_acquire` saw it."""
        return None if self._free_at is None else max(self._free_at - boot_clock(), 0.0)

    def retry_in(self) -> float:
        """Return the seconds until another try: many agents that try more often slow down the one that refreshes."""
        return _RETRY

    def release(self) -> None:
        """Give the lease back soon, in another thread; if the database is away, it lapses by itself."""
        if self._holder is not None:
            holder, self._holder = self._holder, None
            self._table.release(self._name, holder)
