"""When a notice is due, to whom, and when it is news again."""

from __future__ import annotations

import pytest

from openab_auth.storage import CONSOLE, NEVER, MemoryStore, Note, UserId
from tests.oauth.notices.notice_world import ADA, DAY, HOUR, NOW, due, login, put, put_dead, tell, variable


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_a_death_is_told_once_and_the_next_death_is_news(store: MemoryStore) -> None:
    put_dead(store)

    assert [(notice.about, notice.person) for notice in tell(store)] == [("died", ADA)]
    assert not due(store)
    put_dead(store, refresh_token="another")
    assert [notice.about for notice in tell(store)] == ["died"]


def test_a_death_that_an_older_version_has_told_is_no_news(store: MemoryStore) -> None:
    put_dead(store, told=True)

    assert not due(store)


def test_a_told_death_counts_as_told_for_an_older_version(store: MemoryStore) -> None:
    put_dead(store)
    tell(store)

    dead = store.notes()["codex"].dead
    assert dead is not None
    assert dead.told


def test_a_death_that_no_person_took_is_still_due_for_the_operators(store: MemoryStore) -> None:
    put_dead(store)

    tell(store, refused=True)
    (notice,) = due(store)
    assert notice.refused == ("dm",)
    dead = store.notes()["codex"].dead
    assert dead is not None
    assert not dead.told
    tell(store, channel="operators")
    assert not due(store)


@pytest.mark.parametrize("by", [None, CONSOLE])
def test_nobody_is_known_for_a_login_of_the_console(by: UserId | None, store: MemoryStore) -> None:
    put_dead(store, by)

    (notice,) = due(store)
    assert notice.person is None


@pytest.mark.parametrize(
    ("life", "leads"),
    [
        (30 * DAY, [7 * DAY, DAY, HOUR]),
        (10 * DAY, [DAY, HOUR]),
        (36 * HOUR, [HOUR]),
        (8 * HOUR, [HOUR]),
        (HOUR, []),
    ],
)
def test_a_login_gets_the_leads_that_fit_into_its_life(life: int, leads: list[int], store: MemoryStore) -> None:
    put(store, login(life), Note(logged_in_by=ADA, logged_in_at=NOW))

    told = [notice.lead for at in range(NOW, NOW + life, HOUR // 4) for notice in tell(store, at)]

    assert told == leads
    assert not due(store, NOW + life)


def test_after_a_long_stop_only_the_nearest_notice_is_told(store: MemoryStore) -> None:
    put(store, login(30 * DAY), Note(logged_in_by=ADA, logged_in_at=NOW))

    assert [notice.lead for notice in tell(store, NOW + 30 * DAY - 1800)] == [HOUR]
    assert not due(store, NOW + 30 * DAY - 1700)


def test_a_clock_that_is_behind_tells_no_earlier_notice_again(store: MemoryStore) -> None:
    put(store, login(30 * DAY), Note(logged_in_by=ADA, logged_in_at=NOW))
    tell(store, NOW + 29 * DAY)

    assert not due(store, NOW + 29 * DAY - 60)


@pytest.mark.parametrize("end", [NEVER, 2**40])
def test_a_login_that_renews_itself_or_never_ends_is_no_news(end: int, store: MemoryStore) -> None:
    put(store, login(HOUR // 2, refresh_token="rt"), Note(logged_in_at=NOW - 30 * DAY))
    put(store, login(end - NOW), Note(logged_in_at=NOW - 30 * DAY), "grok")

    assert not due(store)


def test_a_login_of_unknown_age_gets_the_nearest_notice(store: MemoryStore) -> None:
    put(store, login(DAY - 60), Note())

    (notice,) = due(store)
    assert (notice.person, notice.lead) == (None, DAY)


def test_a_token_in_a_variable_is_told_at_each_lead_once() -> None:
    store, held = MemoryStore(), (variable(30 * DAY, NOW),)

    at = NOW + 23 * DAY
    (notice,) = due(store, at, held)
    assert (notice.about, notice.person, notice.lead) == ("variable-ends", None, 7 * DAY)
    assert not due(store, NOW + 22 * DAY, held)
    assert not due(store, NOW + 31 * DAY, held)
