"""Many bots on one store: one of them tells a notice, and another one goes on after a crash."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from openab_auth.oauth.notices import note_limit, note_told, rest_notice
from openab_auth.storage import REQUESTS, FileStore, MemoryStore, Note, Notice, Store, Tenant
from tests.oauth.notices.notice_world import ADA, DAY, NOW, claim, due, login, put, put_dead, tell, variable

Open = Callable[[], Store]


@pytest.fixture(params=["file", "memory"])
def open_it(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Open the one store again, as another process does."""
    memory = MemoryStore()
    return lambda: FileStore(tmp_path / "auth.json") if request.param == "file" else memory


def test_of_many_bots_one_gets_the_claim(open_it: Open) -> None:
    put_dead(open_it())
    (notice,) = due(open_it())

    with ThreadPoolExecutor(8) as pool:
        claims = [*pool.map(lambda _: claim(open_it(), notice), range(8))]

    assert sum(claimed is not None for claimed in claims) == 1
    assert not due(open_it())


def test_a_claim_that_nobody_ended_goes_to_the_next_bot_with_its_nonce(open_it: Open) -> None:
    put_dead(open_it())
    first = claim(open_it(), due(open_it())[0])

    assert first is not None
    assert not due(open_it(), NOW + 59)
    (again,) = due(open_it(), NOW + 61)
    second = claim(open_it(), again, NOW + 61)
    assert second is not None
    assert second.id == first.id


def test_a_bot_that_was_late_marks_no_newer_notice(open_it: Open) -> None:
    store = open_it()
    put(store, login(30 * DAY), Note(logged_in_by=ADA, logged_in_at=NOW))
    late = claim(store, due(store, NOW + 24 * DAY)[0], NOW + 24 * DAY)
    assert late is not None
    newer = claim(store, due(store, NOW + 29 * DAY)[0], NOW + 29 * DAY)
    assert newer is not None

    store.update(lambda draft: note_told(draft, late, "dm"))
    store.update(lambda draft: rest_notice(draft, late, NOW + 40 * DAY))

    assert store.records(REQUESTS)[newer.key] == newer


def test_a_claim_is_refused_once_the_login_is_there_again(open_it: Open) -> None:
    store = open_it()
    put_dead(store)
    (notice,) = due(store)
    put(store, login(refresh_token="new"), Note(logged_in_by=ADA))

    assert claim(store, notice) is None


def test_bots_with_other_tokens_in_their_variables_keep_apart(open_it: Open) -> None:
    store, ours, theirs = open_it(), (variable(3000, NOW - DAY),), (variable(3000, NOW - DAY, "other"),)
    for held in (ours, theirs):
        (notice,) = due(store, NOW, held)
        assert claim(store, notice, NOW, held)

    assert not due(store, NOW, ours)
    assert not due(store, NOW, theirs)


def test_records_about_logins_that_are_gone_are_removed(open_it: Open) -> None:
    store = open_it()
    put_dead(store)
    tell(store)
    store.update(lambda draft: note_limit(draft, Tenant("codex"), NOW + 60, NOW))
    put(store, login(3000), Note(logged_in_at=NOW - DAY), "grok")
    store.update(lambda draft: draft.pop("codex"))

    (notice,) = due(store, NOW + 120)
    claim(store, notice, NOW + 120)

    (kept,) = store.records(REQUESTS).values()
    assert isinstance(kept, Notice)
    assert kept.login == "grok"
