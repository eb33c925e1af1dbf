"""The keys of a broker beside the credential file: hashes alone, and a damaged key opens nothing."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.storage import KEYS, BrokerKey, Draft, FileStore, ThreadId

KEY = BrokerKey("ab" * 32, ("codex", "mcp:*"), ThreadId(7), 1_900_000_000, 1_800_000_000)


@pytest.fixture
def place(path: Path) -> Path:
    return path.with_name("auth.json.keys")


def add(draft: Draft) -> None:
    draft.records(KEYS)["ci"] = KEY


def test_a_key_is_read_back_and_only_its_owner_may_read_the_file(store: FileStore, place: Path) -> None:
    store.update(add)

    assert dict(FileStore(store.path).records(KEYS)) == {"ci": KEY}
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert store.problems() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "ab"},
        {"sha256": None},
        {"tenants": "codex"},
        {"tenants": [7]},
        {"thread": "7"},
        {"thread": -1},
        {"thread": True},
        {"expires_at": "never"},
        {"expires_at": 1.5},
        {"created_at": None},
    ],
)
def test_a_key_whose_limits_cannot_be_read_is_no_key(change: dict[str, object]) -> None:
    """Otherwise a damaged end or thread would give a key more than its operator gave."""
    assert KEYS.from_json({**KEYS.to_json(KEY), **change}) is None  # type: ignore[dict-item]
    for name in KEYS.to_json(KEY):  # type: ignore[union-attr]
        assert KEYS.from_json({key: value for key, value in KEYS.to_json(KEY).items() if key != name}) is None  # type: ignore[union-attr]


def test_a_damaged_file_is_told_keeps_its_bytes_and_opens_nothing(store: FileStore, place: Path) -> None:
    store.update(add)
    damage = json.dumps({**json.loads(place.read_text()), "torn": {"sha256": "x"}})
    place.write_text(damage)

    assert dict(store.records(KEYS)) == {"ci": KEY}
    (problem,) = store.problems()
    assert "its unreadable keys open nothing" in problem.what
    assert f"rm {place}" in problem.repair

    store.update(lambda draft: draft.records(KEYS).pop("ci"))
    (kept,) = place.parent.glob("auth.json.keys.corrupt-*")
    assert kept.read_text() == damage
    (problem,) = store.problems()
    assert "make the missing keys again" in problem.repair


def test_an_update_without_keys_neither_reads_nor_writes_them(store: FileStore, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("{torn")

    store.update(lambda draft: draft.threads.clear())

    assert place.read_text() == "{torn"


@given(
    st.builds(
        BrokerKey,
        st.text("0123456789abcdef", min_size=64, max_size=64),
        st.lists(st.text()).map(tuple),
        st.none() | st.integers(0, 10**20 - 1).map(ThreadId),
        st.none() | st.integers(0, 2**40),
        st.integers(0, 2**40),
    )
)
def test_every_key_is_read_back(key: BrokerKey) -> None:
    assert KEYS.from_json(json.loads(json.dumps(KEYS.to_json(key)))) == key
