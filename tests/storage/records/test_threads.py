"""The file of threads beside the credential file: a damaged or unreadable one is an error, and never empty."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    SHARED_ACCOUNTS,
    THREADS,
    Agreement,
    Draft,
    FileStore,
    Policies,
    SeenThread,
    StoreUnreadableError,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    TokenEntry,
    UserId,
)

Make = Callable[..., TokenEntry]
PERSONAL = Policies(PERSONAL_ACCOUNTS)
IDS = st.integers(min_value=0, max_value=2**64 - 1)
POLICY = st.sampled_from([SHARED_ACCOUNTS, PERSONAL_ACCOUNTS])
RECORDS = st.one_of(
    st.builds(Policies, POLICY, st.dictionaries(IDS, POLICY), st.dictionaries(IDS, POLICY)),
    st.builds(SeenThread, IDS, st.none() | IDS, st.none() | IDS, st.none() | IDS.map(UserId)),
    st.builds(ThreadChoices, st.dictionaries(st.text(), st.text())),
    st.builds(Agreement, st.frozensets(IDS.map(ThreadId)), st.booleans()),
)


@pytest.fixture
def place(path: Path) -> Path:
    return path.with_name("auth.json.threads")


def store_policy(draft: Draft) -> None:
    draft.threads["policy:1"] = PERSONAL


def test_only_its_owner_may_read_it(store: FileStore, place: Path) -> None:
    store.update(store_policy)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert store.problems() == ()


@given(record=RECORDS)
def test_each_record_is_read_back(record: ThreadRecord) -> None:
    assert THREADS.from_json(json.loads(json.dumps(THREADS.to_json(record)))) == record


DAMAGE = [
    *("{torn", "[]", '{"policy:1": {"accounts": "all"}}', '{"thread:1": {"owner": 5}}', '{"agreement:1": 7}'),
    json.dumps({"policy:1": {"accounts": "shared", "guilds": {}, "channels": {"9" * 5000: "shared"}}}),
    json.dumps({"policy:1": {"accounts": "shared", "guilds": {"٣": "shared"}, "channels": {}}}),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_unreadable_and_not_empty(store: FileStore, place: Path, token: Make, damage: str) -> None:
    """An empty one would let a shared account serve a thread that must not have one."""
    store.update(lambda draft: draft.__setitem__("codex", token()))
    place.write_text(damage)
    place.chmod(0o600)

    with pytest.raises(StoreUnreadableError, match="threads could not be read"):
        store.threads()
    with pytest.raises(StoreUnreadableError):
        store.update(store_policy)
    store.update(lambda draft: draft.__setitem__("other", token("other")))

    assert place.read_text() == damage
    assert set(store.read()) == {"codex", "other"}
    [problem] = store.problems()
    assert "auth.json.threads is damaged: agents that know their thread get no token" in problem.what


def test_records_stay_when_their_login_ends(store: FileStore, token: Make) -> None:
    """A choice outlives its login: agents then ask for that account."""

    def choose(draft: Draft) -> None:
        draft["codex@work"] = token("codex@work")
        draft.threads["choice:7"] = ThreadChoices({"codex": "work"})

    store.update(choose)
    store.update(lambda draft: draft.pop("codex@work"))

    assert dict(store.threads()) == {"choice:7": ThreadChoices({"codex": "work"})}


def test_a_known_file_is_peeked_at_until_it_changes(store: FileStore, place: Path) -> None:
    assert store.peek_records(THREADS) == {}
    store.update(store_policy)
    while (known := store.peek_records(THREADS)) is None:  # a young file may still change without a new time
        store.threads()

    assert store.threads() is known
    store.update(lambda draft: draft.threads.clear())
    assert not store.peek_records(THREADS)
    place.unlink()
    assert store.peek_records(THREADS) == {}


def test_a_version_without_threads_leaves_the_file_alone(store: FileStore, place: Path, token: Make) -> None:
    """It knows no such file, and removes only its own temporary files."""
    store.update(store_policy)
    before = place.read_bytes()

    store.update(lambda draft: draft.__setitem__("codex", token()))
    store.update(lambda draft: draft.pop("codex"))

    assert place.read_bytes() == before
