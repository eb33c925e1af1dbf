"""A probe sees a folder or a lock that would stop a commit, and no lock that nobody needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Secret, StoreUnwritableError, TokenEntry


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    store = FileStore(tmp_path / "a/auth.json")
    login = TokenEntry(Secret("at"), Secret("rt"), 4_000_000_000, "https://x.example/token", "codex")
    store.update(lambda draft: draft.update(codex=login))
    return store


def test_a_lock_of_a_login_that_has_ended_is_not_looked_at(store: FileStore) -> None:
    store.path.with_name("auth.json.refresh.old.lock").mkdir()
    store.check_usable()

    needed = store.path.with_name("auth.json.refresh.codex.lock")
    needed.unlink(missing_ok=True)
    needed.mkdir()
    with pytest.raises(StoreUnwritableError):
        store.check_usable()


def test_a_folder_that_cannot_be_written_is_found(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int) -> bool:
        return not (Path(path) == store.path.parent and mode & os.W_OK)

    monkeypatch.setattr(os, "access", refuse)

    with pytest.raises(StoreUnwritableError, match="folder cannot be written"):
        store.check_usable()
