"""What an operator or a person took back in the source between two runs of a copy is not given again in the target."""

from __future__ import annotations

import time

from openab_auth.storage import KEYS, THREADS, BrokerKey, Draft, SeenThread, UserId
from tests.storage.copying.interruptions import interrupt_after_filling
from tests.storage.copying.stores import Ground, fill

HASH = "ab" * 32


def test_a_key_that_was_revoked_between_two_runs_stays_revoked(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    stores.source.update(lambda draft: draft.records(KEYS).update(ci=BrokerKey(HASH, ("codex",))))
    interrupt_after_filling(stores)
    stores.source.update(lambda draft: draft.records(KEYS).clear())

    stores.copy()

    assert not stores.target_contents().records["keys"]


def test_an_agreement_that_was_taken_back_between_two_runs_is_gone(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    interrupt_after_filling(stores)

    def take_back(draft: Draft) -> None:
        draft.records(THREADS).clear()
        draft.records(THREADS)["thread:8"] = SeenThread(1, 2, 3, UserId(4))

    stores.source.update(take_back)

    stores.copy()

    assert stores.target_contents().records["threads"].keys() == {"thread:8"}
