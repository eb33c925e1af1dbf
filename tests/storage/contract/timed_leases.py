"""The promises of every backend about leases that lapse."""

from __future__ import annotations

import time
from uuid import uuid4

from openab_auth.storage import Store

_LONG, _SHORT = 30.0, 0.2  # seconds
_A, _B, _C = (str(uuid4()) for _ in range(3))


class TimedLeaseContract:
    def test_one_holder_has_a_timed_lease_until_it_gives_it_back(self, store: Store) -> None:
        assert store.timed_lease("posting.7").take(_A, _LONG)
        assert not store.timed_lease("posting.7").take(_B, _LONG)
        assert store.timed_lease("posting.7").take(_A, _LONG)  # renewed
        assert store.timed_lease("posting.8").take(_B, _LONG)  # another one

        store.timed_lease("posting.7").end(_B)  # it is not theirs
        assert not store.timed_lease("posting.7").take(_B, _LONG)
        store.timed_lease("posting.7").end(_A)
        assert store.timed_lease("posting.7").take(_B, _LONG)
        assert not store.timed_lease("posting.7").take(_A, _LONG)

    def test_a_timed_lease_that_is_not_renewed_lapses(self, store: Store) -> None:
        assert store.timed_lease("posting.7").take(_A, _SHORT)
        time.sleep(_SHORT)  # the lapse of time is what is tested
        while not store.timed_lease("posting.7").take(_B, _LONG):
            time.sleep(0.01)
        assert not store.timed_lease("posting.7").take(_A, _SHORT)
        store.timed_lease("posting.7").end(_A)
        assert not store.timed_lease("posting.7").take(_C, _LONG)

    def test_a_timed_lease_is_no_lease_of_a_login(self, store: Store) -> None:
        assert store.timed_lease("posting.7").take(_A, _LONG)
        lease = store.lease("posting.7")
        assert lease.try_acquire()
        lease.release()
        assert not store.timed_lease("posting.7").take(_B, _LONG)
