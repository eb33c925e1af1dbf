"""The clients file beside the credential file: private to its owner, and no danger to a login."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import (
    ClientRecord,
    Draft,
    FileStore,
    Secret,
    StoreUnreadableError,
    StoreUnwritableError,
    TokenEntry,
)
from tests.storage.entries import CANARY

Make = Callable[..., TokenEntry]
NAME = "auth.json.clients"


@pytest.fixture
def place(path: Path) -> Path:
    return path.with_name(NAME)


def register(draft: Draft) -> None:
    draft.clients["kiro"] = ClientRecord("c1", Secret(f"{CANARY}-secret"), 1, {"region": "us-east-1"})


def test_only_its_owner_may_read_it_and_a_repr_shows_no_secret(store: FileStore, place: Path) -> None:
    store.update(register)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert CANARY in place.read_text()
    assert CANARY not in repr(store.clients())


def test_an_update_that_asks_for_no_client_neither_reads_nor_writes_it(
    store: FileStore, place: Path, token: Make
) -> None:
    store.update(register)
    place.write_text("{torn")

    store.update(lambda draft: draft.__setitem__("codex", token()))

    assert place.read_text() == "{torn"
    assert dict(store.clients()) == {}


def test_a_damaged_file_keeps_its_bytes_when_it_is_written_anew(store: FileStore, place: Path) -> None:
    store.update(
        lambda draft: draft.__setitem__("codex", TokenEntry(Secret("a"), Secret("r"), 1, "https://x", "codex"))
    )
    place.write_text("{torn")

    store.update(register)

    assert list(store.clients()) == ["kiro"]
    (kept,) = place.parent.glob(f"{NAME}.corrupt-*")
    assert kept.read_text() == "{torn"
    (problem,) = store.problems()
    assert str(kept) in problem.what
    assert "delete it" in problem.repair


def test_a_record_that_is_no_client_is_left_out(store: FileStore, place: Path) -> None:
    store.update(register)
    top = json.loads(place.read_text())
    place.write_text(json.dumps({**top, "a": 1, "b": {}, "c": {"client_id": "c", "expires_at": "x", "facts": []}}))

    assert dict(store.clients()) == {"kiro": store.clients()["kiro"], "c": ClientRecord("c")}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_one_that_cannot_be_read_is_not_written_over(store: FileStore, place: Path) -> None:
    store.update(register)
    place.chmod(0)

    with pytest.raises(StoreUnreadableError):
        store.update(register)


def test_one_that_is_a_folder_refuses_the_login_that_needs_it_and_no_other(
    store: FileStore, place: Path, token: Make
) -> None:
    place.mkdir(parents=True)

    def log_in(draft: Draft) -> None:
        draft["codex"] = token()
        draft.clients["kiro"] = ClientRecord("c1")

    with pytest.raises((StoreUnreadableError, StoreUnwritableError)):
        store.update(log_in)
    assert dict(store.read()) == {}
    store.update(lambda draft: draft.__setitem__("codex", token()))
    assert list(store.read()) == ["codex"]
