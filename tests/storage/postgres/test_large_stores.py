"""A process that knows a store with thousands of logins does not copy all of them at each commit."""

from __future__ import annotations

import random

from openab_auth.storage import Draft, Mutation
from tests.storage.entries import put, token
from tests.storage.postgres.places import Place

MANY = 1200
COMMITS = 300  # more than the changes that are kept apart from the snapshot


def test_a_large_store_shows_every_own_commit_in_its_order(place: Place) -> None:
    """Ours: after own commits, a process knows exactly what another process reads."""
    store = place.open()
    store.update(lambda draft: draft.update({f"t{number}": token(f"t{number}") for number in range(MANY)}))
    expected = dict(store.read())
    chance = random.Random(11)  # noqa: S311 - repeatable, hides nothing

    for number in range(COMMITS):
        key = f"t{chance.randrange(MANY + 50)}"
        if chance.random() < 0.3:
            store.update(removing(key))
            expected.pop(key, None)
        else:
            store.update(put(key, expected.setdefault(key, token(key, f"{number}"))))
        assert store.read().get(key) == expected.get(key)

    assert dict(store.read()) == expected
    assert [*store.read()] == [*place.open().read()]
    assert len(store.read()) == len(expected)


def test_what_was_read_before_a_commit_does_not_change(place: Place) -> None:
    store = place.open()
    store.update(lambda draft: draft.update({f"t{number}": token(f"t{number}") for number in range(MANY)}))
    before = store.read()

    store.update(put("t7", token("t7", "new")))
    store.update(removing("t8"))

    assert before["t7"] == token("t7")
    assert before["t8"] == token("t8")
    assert "t8" not in store.read()


def removing(key: str) -> Mutation[None]:
    def mutate(draft: Draft) -> None:
        draft.pop(key, None)

    return mutate
