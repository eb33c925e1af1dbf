"""Decide right before a request whether the refresh token may be sent: the deadline and the lease must outlive it."""

from __future__ import annotations

from contextlib import suppress

from openab_auth.oauth.entries import REFRESH_DEADLINE
from openab_auth.oauth.http import LAST_REQUEST, Deadline
from openab_auth.storage import Lease, StorageError, in_thread


async def may_post(lease: Lease, deadline: Deadline) -> bool:
    """Mark the lease, and return whether a request may be sent now.

    Raises:
        StorageError: nobody can tell whether the lease is still held.
    """
    needed = min(deadline.left(), REFRESH_DEADLINE)
    return deadline.allows(LAST_REQUEST) and await in_thread(lease.mark_posted, needed)


async def may_post_again(lease: Lease, deadline: Deadline) -> bool:
    """Return whether a request without an answer may be repeated; if nobody can tell, it may not."""
    with suppress(StorageError):  # the first request may have been processed, and its failure is the answer
        return await may_post(lease, deadline)
    return False
