"""Copy a store: fill the closed target, take the refresh tokens out of the source in one commit, open the target.

Interrupted at any moment, the copy continues when it is run again. Before the commit the source is whole and the
target is closed. After it the target is whole, and nothing else can use the refresh tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.contents import Contents, has_refresh_token, without_refresh_token
from openab_auth.storage.copying.errors import CopyBusyError, NothingToCopyError, TargetNotEmptyError
from openab_auth.storage.copying.target import CopyTarget
from openab_auth.storage.entries import PendingEntry
from openab_auth.storage.store import Lease, Store

_PATIENCE: Final = 60.0  # seconds until all leases are free at once; one refresh takes at most 20
_HOLD: Final = 20.0  # seconds for which leases are held; a lease in PostgreSQL lapses after 30
_POLL: Final = 0.05  # seconds between two attempts


@dataclass(frozen=True, slots=True)
class Copied:
    """Say what a copy did: the number of logins in the target, and whether it was complete before."""

    logins: int
    was_complete: bool = False


class _ChangedError(Exception):
    """The source changed after it was read; nothing was written."""


def copy_store(source: Store, source_place: str, target: CopyTarget, *, keep_source: bool = False) -> Copied:
    """Move the logins and records of `source` into `target`; with `keep_source` the source stays whole.

    Raises:
        StoreSettingsError: the source is empty, or the target belongs to something else.
        CopyBusyError: the source did not stand still; run the copy again.
        StorageError: a store could not be read or written; run the copy again.
    """
    contents = Contents.of(source)
    if not contents.entries:
        raise NothingToCopyError(source_place)
    if not target.begin(source_place):
        if contents.renewable:  # somebody has logged in at the source since
            raise TargetNotEmptyError(target.place)
        return Copied(contents.logins, was_complete=True)
    target.fill(contents)  # most of the work, before anybody has to wait
    if keep_source:
        target.keep()
        return Copied(contents.logins)
    contents = _move_tokens(source, source_place, target)
    target.open()
    return Copied(contents.logins)


def _move_tokens(source: Store, place: str, target: CopyTarget) -> Contents:
    """Fill the target with what the source holds, and remove the refresh tokens from the source, under its leases."""
    began = time.monotonic()
    while True:
        with _Leases(source).held_for(_HOLD) as leases:
            reason = "its logins change all the time"
            try:
                while leases.take(Contents.of(source).renewable):  # a login may have been made meanwhile
                    contents = Contents.of(source)
                    target.fill(contents)
                    if not leases.cover(contents.renewable):
                        continue
                    leases.check_time()
                    source.update(_removal(contents))
                    return contents
                reason = "another process refreshes a login"
            except _ChangedError:
                pass
        if time.monotonic() - began > _PATIENCE:
            raise CopyBusyError(place, _PATIENCE, reason)
        time.sleep(_POLL)


def _removal(contents: Contents) -> Callable[[Draft], None]:
    """Return the mutation that removes all refresh tokens if the store still holds these contents."""

    def remove(draft: Draft) -> None:
        if Contents.in_draft(draft) != contents:
            raise _ChangedError
        for key, entry in contents.entries.items():
            if not isinstance(entry, PendingEntry) and has_refresh_token(entry):
                draft[key] = without_refresh_token(entry)

    return remove


class _Leases:
    """The leases of the source: while all are held, no process has a refresh under way."""

    def __init__(self, source: Store) -> None:
        self._source = source
        self._held: dict[str, Lease] = {}
        self._until = float("inf")

    @contextmanager
    def held_for(self, seconds: float) -> Iterator[_Leases]:
        """Release the leases at the end of the block, which may take this long."""
        self._until = time.monotonic() + seconds
        try:
            yield self
        finally:
            for lease in self._held.values():
                lease.release()

    def take(self, tenants: tuple[str, ...]) -> bool:
        """Take the leases of these tenants, too; return whether all of them were free."""
        for tenant in tenants:
            if tenant in self._held:
                continue
            lease = self._source.lease(tenant)
            if not lease.try_acquire():
                return False
            self._held[tenant] = lease
        return True

    def cover(self, tenants: tuple[str, ...]) -> bool:
        """Return whether the leases of all these tenants are held."""
        return self._held.keys() >= set(tenants)

    def check_time(self) -> None:
        """Refuse to go on when a lease may have lapsed.

        Raises:
            _ChangedError: the leases were held for too long.
        """
        if time.monotonic() > self._until:
            raise _ChangedError
