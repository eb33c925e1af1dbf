"""A login that a token response has given and that is not stored yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from openab_auth.oauth.errors import OAuthError
from openab_auth.storage import Draft, Lease, LoginEntry, StorageError, Store, Tenant


class OvertakenError(Exception):
    """The store kept no spill, because another login or a logout was committed; the next commit decides."""


@dataclass(slots=True, eq=False, kw_only=True)
class UnsavedLogin:
    """A login that has to be stored, made from a token response.

    `commit` is the mutation that stores it. `spill` writes it into the journal, synchronously, or raises an error.
    `commit_from_journal` stores it from there, where more has to be written than the store's next update does by
    itself. `drop` ends a response that was only in memory and that must not be stored any more, for this reason.
    """

    tenant: Tenant
    commit: Callable[[Draft], object]
    spill: Callable[[Store], object]
    commit_from_journal: Callable[[Draft], object] = lambda _: None
    drop: Callable[[OAuthError], Awaitable[None]] | None = None
    journaled: bool = False
    reported: str = ""  # the last failure that was logged

    def release(self) -> None:
        """Release the tenant's lease, if this response came with it."""


@dataclass(slots=True, eq=False, kw_only=True)
class UnsavedRenewal(UnsavedLogin):
    """A renewed login; `posted` is the login whose refresh token was posted for it.

    `lease` is the tenant's lease. While it is held, no other process posts the used token that the store still shows.
    """

    entry: Callable[[], LoginEntry]
    posted: LoginEntry
    lease: Lease

    def release(self) -> None:
        """Release the lease; the token that the store shows is then the new one, or the journal has it."""
        with suppress(OSError, StorageError):  # the lease is free in any case
            self.lease.release()
