"""The keys that a broker knows: read twice a second at most, and trusted for a minute while the store is away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest

from openab_auth.bot.broker.admission import KeyRing, keys
from openab_auth.storage import KEYS, AsyncStore, BrokerKey, MemoryStore, RecordKind, StoreUnreadableError
from tests.support.clock import Clock
from tests.support.patience import PATIENCE

R = TypeVar("R")
HASH = "ab" * 32
AWAY = StoreUnreadableError("postgresql://...", "no connection")


class DistantStore(MemoryStore):
    """A store behind a network: it knows nothing without asking, it counts the questions, and it can be away."""

    asked = 0
    is_away = False

    def peek_records(self, kind: RecordKind[R]) -> Mapping[str, R] | None:
        del kind
        return None

    def records(self, kind: RecordKind[Any]) -> Mapping[str, Any]:
        self.asked += 1
        if self.is_away:
            raise AWAY
        return super().records(kind)


class RememberingStore(DistantStore):
    """A store that serves what it knows while its server is away, and says how old that is."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._known: Mapping[str, Any] = {}
        self._asked_at = now()

    def age(self) -> float:
        return self._now() - self._asked_at

    def records(self, kind: RecordKind[Any]) -> Mapping[str, Any]:
        if not self.is_away:
            self._known, self._asked_at = super().records(kind), self._now()
        return self._known


@pytest.fixture
def distant() -> DistantStore:
    store = DistantStore()
    store.update(lambda draft: draft.records(KEYS).update(ci=BrokerKey(HASH, ("codex",))))
    return store


@pytest.fixture
def ring(distant: DistantStore, clock: Clock) -> KeyRing:
    return KeyRing(AsyncStore(distant), clock, clock)


def revoke(store: DistantStore) -> None:
    store.update(lambda draft: draft.records(KEYS).clear())


async def test_500_clients_that_look_again_cost_one_question(ring: KeyRing, distant: DistantStore) -> None:
    distant.asked = 0

    found = await asyncio.gather(*(ring.find(HASH) for _ in range(500)))

    assert {one.name for one in found if one} == {"ci"}
    assert distant.asked == 1


async def test_a_revoked_key_is_unknown_after_half_a_second(ring: KeyRing, distant: DistantStore, clock: Clock) -> None:
    assert await ring.find(HASH)
    revoke(distant)
    clock.now += 0.5

    assert await ring.find(HASH) is None


async def test_a_change_that_was_seen_counts_at_once(ring: KeyRing, distant: DistantStore) -> None:
    assert await ring.find(HASH)
    revoke(distant)
    ring.look_again()

    assert await ring.find(HASH) is None


async def test_a_change_during_a_read_is_read_next_and_harms_nobody(ring: KeyRing, distant: DistantStore) -> None:
    distant.asked = 0
    reading = asyncio.create_task(ring.find(HASH))
    while distant.asked == 0:
        await asyncio.sleep(0)
    ring.look_again()

    assert await reading
    assert await ring.find(HASH)
    assert distant.asked == 2


async def test_while_the_store_is_away_known_keys_count_for_a_minute(
    ring: KeyRing, distant: DistantStore, clock: Clock
) -> None:
    assert await ring.find(HASH)
    distant.is_away = True
    revoke_unseen = clock.now
    for _ in range(12):
        clock.now += 5
        assert await ring.find(HASH)
    assert clock.now == revoke_unseen + 60

    clock.now += 0.1
    for _ in range(3):
        with pytest.raises(StoreUnreadableError):
            await ring.find(HASH)

    distant.is_away = False
    clock.now += 0.5
    assert await ring.find(HASH)


async def test_a_store_that_serves_from_memory_is_believed_no_longer(clock: Clock) -> None:
    store = RememberingStore(clock)
    store.update(lambda draft: draft.records(KEYS).update(ci=BrokerKey(HASH, ("codex",))))
    ring = KeyRing(AsyncStore(store), clock, clock)
    assert await ring.find(HASH)
    store.is_away = True
    for _ in range(12):
        clock.now += 5
        assert await ring.find(HASH)

    clock.now += 0.5
    with pytest.raises(TimeoutError):
        await ring.find(HASH)
    store.is_away = False
    clock.now += 0.5
    assert await ring.find(HASH)


async def test_a_store_that_was_never_read_admits_nobody(ring: KeyRing, distant: DistantStore) -> None:
    distant.is_away = True

    for _ in range(2):
        with pytest.raises(StoreUnreadableError):
            await ring.find(HASH)


async def test_a_key_ends_at_its_time(ring: KeyRing, distant: DistantStore, clock: Clock) -> None:
    ends = BrokerKey("cd" * 32, ("codex",), expires_at=int(clock.now) + 10)
    distant.update(lambda draft: draft.records(KEYS).update(ends=ends))

    assert await ring.find(ends.sha256)
    clock.now = float(ends.expires_at or 0)
    assert await ring.find(ends.sha256) is None


class HangingStore(DistantStore):
    """A store whose server takes a question and gives no answer."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = threading.Event()

    def records(self, kind: RecordKind[Any]) -> Mapping[str, Any]:
        found = super().records(kind)
        self.answers.wait(PATIENCE)
        return found


async def test_clients_that_came_together_wait_for_one_silent_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise each would ask in its turn, and the last of 64 would wait for minutes."""
    monkeypatch.setattr(keys, "_FRESH", 0.05)
    monkeypatch.setattr(keys, "_READ", 0.2)
    store = HangingStore()
    ring = KeyRing(AsyncStore(store), time.time, time.monotonic)

    found = await asyncio.gather(*(ring.find(HASH) for _ in range(8)), return_exceptions=True)
    store.answers.set()

    assert {type(one) for one in found} == {TimeoutError}
    assert store.asked == 1
