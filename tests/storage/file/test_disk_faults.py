"""On a full or read-only disk, or at a size limit, existing entries stay, and the caller gets an error."""

from __future__ import annotations

import resource
import subprocess
from pathlib import Path

import pytest

from openab_auth.storage import Draft, FileStore, Note, Secret, StorageError, StoreUnwritableError, TokenEntry
from tests.storage.disks import filled
from tests.storage.entries import NOW, put, token


@pytest.fixture
def store(disk: Path) -> FileStore:
    store = FileStore(disk / "auth.json")
    store.update_all([put("a", token("a")), put("b", token("b"))])
    return store


def big(tenant: str, size: int) -> TokenEntry:
    return TokenEntry(Secret("a" * size), Secret(f"rt-{tenant}"), NOW, "https://as.example/token", tenant)


def test_a_login_on_a_full_disk_is_refused_and_the_others_stay_to_the_byte(store: FileStore, disk: Path) -> None:
    """Case 1."""
    before = store.path.read_bytes()
    with filled(disk):
        with pytest.raises(StoreUnwritableError, match="No space left"):
            store.update(put("c", token("c")))
        assert store.path.read_bytes() == before
        assert list(FileStore(store.path).read()) == ["a", "b"]
        assert not list(disk.glob("*.tmp.*"))

    store.update(put("c", token("c")))
    assert list(store.read()) == ["a", "b", "c"]


def test_before_a_refresh_a_full_disk_shows_and_nothing_changes(store: FileStore, disk: Path) -> None:
    """Case 4: the check before a request, so that no token is requested that could not be stored."""
    with filled(disk):
        before = sorted(disk.iterdir())
        with pytest.raises(StoreUnwritableError, match="No space left"):
            store.check_writable()
        assert sorted(disk.iterdir()) == before
    store.check_writable()


def test_there_must_be_room_for_a_login_that_grew_and_for_the_journal(store: FileStore, disk: Path) -> None:
    with filled(disk, leave=32 * 1024), pytest.raises(StoreUnwritableError):
        store.check_writable()
    with filled(disk, leave=96 * 1024):
        store.check_writable()
        grown = big("a", 16 * 1024)
        store.spill("a", grown, token("a"))
        store.update(lambda draft: None)
        assert store.read()["a"] == grown


def test_a_login_without_room_is_spilled_and_committed_once_there_is_some(store: FileStore, disk: Path) -> None:
    """Case 3: there is no room for a second file, but there is room for one login."""
    store.update(put("big", big("big", 40 * 1024)))
    renewed = token("a", "renewed")
    with filled(disk, leave=20 * 1024):
        with pytest.raises(StoreUnwritableError):
            store.update(put("a", renewed))
        store.spill("a", renewed, token("a"))
        assert FileStore(store.path).read()["a"] == renewed
        with pytest.raises(StoreUnwritableError):  # it cannot be recovered yet, and is not lost by the attempt
            FileStore(store.path).update(lambda draft: None)
        assert FileStore(store.path).read()["a"] == renewed
        store.update(lambda draft: draft.pop("big"))  # what makes the file small enough recovers it, too

    assert not list(disk.glob("*.spill.*"))
    assert FileStore(store.path).read()["a"] == renewed


def test_where_not_even_the_spill_fits_the_caller_is_told(store: FileStore, disk: Path) -> None:
    with filled(disk), pytest.raises(StoreUnwritableError, match="No space left"):
        store.spill("a", token("a", "renewed"), token("a"))
    assert sorted(found.name for found in disk.iterdir()) == ["auth.json", "auth.json.global.lock"]
    assert store.read()["a"] == token("a")


def test_notes_without_room_do_not_undo_the_login(store: FileStore, disk: Path) -> None:
    def log_in(draft: Draft) -> None:
        draft["a"] = token("a", "again")
        draft.notes["a"] = Note("x" * 30_000)

    with filled(disk, leave=16 * 1024):
        store.update(log_in)
        assert FileStore(store.path).read()["a"] == token("a", "again")
    assert dict(store.notes()) == {}


def test_a_damaged_file_whose_bytes_cannot_be_kept_is_not_written_over(store: FileStore, disk: Path) -> None:
    damaged = store.path.read_bytes() + b" " * 30_000 + b"!"
    store.path.write_bytes(damaged)
    with filled(disk, leave=16 * 1024), pytest.raises(StoreUnwritableError):
        store.update(put("c", token("c")))
    assert store.path.read_bytes() == damaged
    assert not list(disk.glob("*.corrupt-*"))


def test_a_read_only_file_system_is_read_and_refuses_everything_else(store: FileStore, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    other = FileStore(store.path)
    assert list(other.read()) == ["a", "b"]
    for refused in (
        lambda: other.update(put("c", token("c"))),
        other.check_writable,
        other.lease("a").try_acquire,
        lambda: other.spill("a", token("a", "renewed"), token("a")),
    ):
        with pytest.raises(StorageError, match="Read-only file system"):
            refused()
    assert list(FileStore(store.path).read()) == ["a", "b"]


def test_a_limit_on_the_size_of_files_is_like_a_full_disk(path: Path) -> None:
    store = FileStore(path)
    store.update(put("a", token("a")))
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), hard))
    try:
        for refused in (lambda: store.update(put("b", token("b"))), store.check_writable):
            with pytest.raises(StoreUnwritableError, match="File too large"):
                refused()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert sorted(found.name for found in path.parent.iterdir()) == ["auth.json", "auth.json.global.lock"]
