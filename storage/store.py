"""The interface of every store; bots and agents need not know which backend they use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from openab_auth.storage.commit.mutation import Done, Failed, Mutation
from openab_auth.storage.entries import LoginEntry
from openab_auth.storage.reader import StoreReader
from openab_auth.storage.records import Note

T = TypeVar("T")

_POLL: Final = 0.01  # seconds between two looks at the version; 64 waiting tasks must leave the processor free


class Lease(Protocol):
    """The right to refresh one tenant; one task of one process holds it at a time, on all hosts of the store."""

    def try_acquire(self) -> bool:
        """Take the lease if it is free, without waiting, and return whether it was taken.

        Raises:
            StorageError: nobody can tell whether it is free; then nobody may refresh.
        """
        ...

    def release(self) -> None:
        """Give the lease back, without waiting for a server; do nothing when it is not held."""
        ...

    def mark_posted(self, needed: float) -> bool:  # noqa: ARG002 -- for backends whose leases end
        """Note that a request with the refresh token is about to be sent; return False if it must not be sent.

        It must not be sent if the lease has ended, or ends within `needed` seconds. A lease that the operating system
        holds for this process never ends, and needs no mark.

        Raises:
            StorageError: nobody can tell; then the request must not be sent.
        """
        return True

    def free_in(self) -> float | None:
        """Return the seconds after which another process may take the lease at the latest; None if nobody knows.

        This answers from the last `try_acquire`, without asking again.
        """
        return None

    def retry_in(self) -> float:
        """Return the seconds after which another `try_acquire` is worth its cost, if the store does not change."""
        return 0.08


class TimedLease(Protocol):
    """A right that lapses by itself, so that a process that dies or stands still does not keep it.

    It is no fence: a holder that stood still may believe for a moment that it still has the right.
    """

    def take(self, holder: str, seconds: float) -> bool:
        """Take the right for some seconds, or renew it; return False if another holder has it. `holder` is a UUID.

        Raises:
            StorageError: nobody can tell who has it.
        """
        ...

    def end(self, holder: str) -> None:
        """Give the right back if `holder` has it.

        Raises:
            StorageError: it was not given back; it lapses.
        """
        ...


class Store(StoreReader, Protocol):
    """Logins with locked updates. All methods are synchronous and may block, except where their docstring says so.

    A backend inherits from this class. The methods at its end are built on the others, so no backend writes them again.
    """

    def prepare_keys(self, keys: Sequence[str], environ: Mapping[str, str]) -> Callable[[], None]:  # noqa: ARG002 -- for backends that encrypt
        """Read the keys of the settings again; return a function that uses them from now on, without waiting.

        Raises:
            StoreKeyError: a key cannot be read, or the rows need another one; the earlier keys stay in use.
        """
        return _use_no_keys

    def update_all(self, mutations: Sequence[Mutation[Any]]) -> list[Done[Any] | Failed]:
        """Run the mutations in order on the current entries and save all changes in one commit.

        A mutation that raises an error is dropped alone.

        Raises:
            StorageError: nothing was committed.
        """
        ...

    def lease(self, tenant: str) -> Lease:
        """Return the lease of the tenant, which is not taken yet.

        Raises:
            InvalidTenantError: no store accepts this name.
        """
        ...

    def timed_lease(self, name: str) -> TimedLease:
        """Return the right with this name, a plain word. It is no lease of a login."""
        ...

    def spill(self, tenant: str, entry: LoginEntry, replaces: LoginEntry | None, note: Note | None = None) -> bool:
        """Keep a login that could not be committed; call it while you hold the lease of the tenant.

        `replaces` is the login that `entry` replaces, or None if there was no login. From now on `read` returns `entry`
        in every process, and the next update commits it. The `note` describes a new login; without it the stored note
        stays. Return False and keep nothing if a login or logout was committed after `replaces` was read.

        Raises:
            StorageError: the login was not kept; hold it in memory and try again.
        """
        ...

    def check_writable(self) -> None:
        """Prove that a commit would succeed now, and that there is space for it, without changing anything.

        Raises:
            StoreUnwritableError: a commit would fail.
        """
        ...

    def check_usable(self) -> None:
        """Prove that logins can be read and locks can be opened, without changing anything, for probes.

        A backend that serves from memory while its server is away asks the server.

        Raises:
            StorageError: one of them is impossible.
        """
        self.read()

    async def wait_for_change(self, since: Hashable, timeout: float) -> bool:  # noqa: ASYNC109 -- returns False, raises nothing
        """Wait until the version differs from `since`; return False if it is still the same after `timeout` seconds.

        This method alone is asynchronous, because a thread for every waiting task would be too many. A backend that can
        be told of changes overrides it.
        """
        import asyncio  # noqa: PLC0415 -- costs more than a whole read, and a program that only reads need not pay it

        clock = asyncio.get_running_loop().time
        deadline = clock() + timeout
        while self.version() == since:
            left = deadline - clock()
            if left <= 0:
                return False
            await asyncio.sleep(min(_POLL, left))
        return True

    def close(self) -> None:
        """Finish the work that nobody waited for, and give back what is held open; the next call opens it again."""
        return None  # noqa: RET501 -- without it, type checkers take the method for abstract

    def update(self, mutate: Mutation[T]) -> T:
        """Run one mutation on the current entries, commit its changes, and return its result.

        Raises:
            ServersUnwrittenError: everything was committed except the added servers.
            StorageError: nothing was committed. An error that `mutate` raises is raised here, and commits nothing.
        """
        (outcome,) = self.update_all([mutate])
        if isinstance(outcome, Failed):
            raise outcome.error
        value: T = outcome.value
        return value


def _use_no_keys() -> None:
    """Do nothing: this backend does not encrypt."""
