"""The credential file: what is read, what is written, what is never written over."""

import json
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import (
    DeadToken,
    FileStore,
    InvalidEntryError,
    InvalidTenantError,
    Note,
    PendingEntry,
    Secret,
    StoreUnreadableError,
    StoreUnwritableError,
    TokenEntry,
    UserId,
    open_store,
)

Make = Callable[..., TokenEntry]


def put(store: FileStore, key: str, entry: TokenEntry | PendingEntry) -> None:
    store.update(lambda entries: entries.__setitem__(key, entry))


def test_a_missing_file_is_an_empty_store_and_reading_creates_nothing(store: FileStore, path: Path) -> None:
    assert dict(store.read()) == {}
    assert not path.parent.exists()


def test_what_was_written_is_read_by_another_store(store: FileStore, path: Path, token: Make) -> None:
    put(store, "codex", token())

    assert dict(open_store(path).read()) == {"codex": token()}


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_file_and_sidecars_are_0600_whatever_the_umask(umask: int, store: FileStore, path: Path, token: Make) -> None:
    before = os.umask(umask)
    try:
        path.parent.mkdir(mode=0o700)
        path.parent.chmod(0o700)
        put(store, "codex", token())
    finally:
        os.umask(before)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {"auth.json": 0o600, "auth.json.global.lock": 0o600}
    assert path.with_name("auth.json.global.lock").stat().st_size == 0


def test_a_change_of_nothing_writes_nothing(store: FileStore, path: Path, token: Make) -> None:
    put(store, "codex", token())
    before = store.version()

    put(store, "codex", token())
    store.update(lambda entries: None)

    assert store.version() == before


def test_another_processes_commit_is_seen_at_once(store: FileStore, path: Path, token: Make) -> None:
    other = FileStore(path)
    put(store, "codex", token())
    assert "codex" in other.read()

    for number in range(50):
        put(store, "codex", token(access=f"{number:02}"))

        assert other.read()["codex"] == token(access=f"{number:02}")


def test_foreign_entries_and_unknown_fields_are_kept(store: FileStore, path: Path, token: Make) -> None:
    foreign = {
        "mcp:linear": {
            "client_id": "c",
            "token_response": {"access_token": "x", "token_type": "bearer", "vendor": {"a": [1, None]}},
            "new": 1.5,
        },
        "someone": {
            "access_token": "a",
            "refresh_token": "r",
            "expires_at": 18446744073709551615,
            "token_endpoint": "t",
            "provider": "someone",
            "unknown": {"deep": [True]},
        },
    }
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(foreign))

    put(store, "codex", token())

    written = json.loads(path.read_text())
    assert {key: written[key] for key in foreign} == foreign
    assert list(path.parent.glob("*.corrupt-*")) == []


def test_a_mutation_that_raises_changes_nothing(store: FileStore, token: Make) -> None:
    put(store, "codex", token())

    def fail(entries: dict[str, TokenEntry]) -> None:
        del entries["codex"]
        raise KeyError

    with pytest.raises(KeyError):
        store.update(fail)  # type: ignore[arg-type]
    assert "codex" in store.read()


@pytest.mark.parametrize("key", ["", "..", "a/b", "a\0b", "x" * 300, "a..b"])
def test_a_name_that_is_no_file_name_is_refused_not_rewritten(key: str, store: FileStore, token: Make) -> None:
    with pytest.raises(InvalidTenantError):
        put(store, key, token())
    with pytest.raises(InvalidTenantError):
        store.refresh_lock(key)
    assert dict(store.read()) == {}


def test_an_entry_that_would_cost_all_others_is_refused(store: FileStore, token: Make) -> None:
    with pytest.raises(InvalidEntryError):
        put(store, "codex", token(expires_at=-1))
    assert dict(store.read()) == {}


@pytest.mark.parametrize("data", [b"\xff\xfe", b'{"codex": "\xff"}'])
def test_a_file_that_is_not_utf_8_is_never_written_over(data: bytes, store: FileStore, path: Path, token: Make) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)

    with pytest.raises(StoreUnreadableError):
        store.read()
    with pytest.raises(StoreUnreadableError):
        put(store, "codex", token())
    with pytest.raises(StoreUnreadableError):
        store.check_writable()
    assert path.read_bytes() == data
    assert "UTF-8" in store.problems()[0].what


def test_a_folder_in_the_files_place_is_refused(store: FileStore, path: Path, token: Make) -> None:
    path.mkdir(parents=True)

    with pytest.raises(StoreUnreadableError):
        put(store, "codex", token())
    assert path.is_dir()


def test_a_symlink_is_refused_on_write_and_read_through(store: FileStore, path: Path, token: Make) -> None:
    real = path.parent / "real.json"
    put(FileStore(real), "codex", token())
    path.symlink_to(real)

    assert "codex" in store.read()
    with pytest.raises(StoreUnwritableError, match="symbolic link"):
        put(store, "other", token())
    with pytest.raises(StoreUnwritableError):
        store.check_writable()
    assert path.is_symlink()
    assert any("symbolic link" in problem.what for problem in store.problems())


def test_damage_is_kept_and_the_rest_salvaged_under_the_lock_only(store: FileStore, path: Path, token: Make) -> None:
    put(store, "codex", token())
    damaged = path.read_bytes().rstrip()[:-1] + b', "wrong": {"foo": 1}, "torn": {"access'
    path.write_bytes(damaged)

    assert list(store.read()) == ["codex"]
    assert store.problems()
    assert path.read_bytes() == damaged
    put(store, "other", token())

    [kept] = path.parent.glob("auth.json.corrupt-*")
    assert kept.read_bytes() == damaged
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(json.loads(path.read_text())) == {"codex", "other"}


def test_quarantined_files_never_collide(path: Path, token: Make) -> None:
    store = FileStore(path, clock=lambda: 1000.0)
    path.parent.mkdir(parents=True)
    for number in range(5):
        path.write_text(f"damage {number}")
        put(store, "codex", token(access=str(number)))

    kept = sorted(file.read_text() for file in path.parent.glob("auth.json.corrupt-1000*"))
    assert kept == [f"damage {number}" for number in range(5)]


def test_one_entry_of_no_shape_leaves_the_file_with_its_bytes_kept(store: FileStore, path: Path, token: Make) -> None:
    put(store, "codex", token())
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({**whole, "newer": {"shape": "unknown"}}))

    store.update(lambda entries: None)

    assert json.loads(path.read_text()) == whole
    assert len(list(path.parent.glob("*.corrupt-*"))) == 1


def test_stale_pending_logins_are_swept_by_the_next_write(path: Path, token: Make) -> None:
    now = 100_000.0
    store = FileStore(path, clock=lambda: now)
    for age in (0, 899, 901, -901, 100_000):
        entry = PendingEntry(Secret("v"), Secret("s"), "u", "codex", created_at=int(now) - age)
        store.update(lambda entries, age=age, entry=entry: entries.__setitem__(f"pending:codex:{age + 5000}", entry))

    put(store, "codex", token())

    assert set(store.read()) == {"pending:codex:5000", "pending:codex:5899", "codex"}


def test_notes_lie_beside_hold_no_secret_and_may_be_lost(store: FileStore, path: Path, token: Make) -> None:
    note = Note("ada@example.com", UserId(2**63), 5, ("a", "b"), DeadToken("f" * 64, "invalid_grant", 9))

    def log_in(entries: object) -> None:
        entries["codex"] = token()  # type: ignore[index]
        entries.notes["codex"] = note  # type: ignore[attr-defined]

    store.update(log_in)
    assert store.notes()["codex"] == note
    assert "canary" not in path.with_name("auth.json.notes").read_text()

    path.with_name("auth.json.notes").write_text("{")
    assert dict(store.notes()) == {}
    assert "codex" in store.read()


def test_a_logout_takes_the_note_along(store: FileStore, token: Make) -> None:
    def log_in(entries: object) -> None:
        entries["codex"] = token()  # type: ignore[index]
        entries.notes["codex"] = Note("ada")  # type: ignore[attr-defined]

    store.update(log_in)
    store.update(lambda entries: entries.pop("codex"))

    assert dict(store.notes()) == {}


def test_ten_thousand_entries_are_read_and_written(store: FileStore, token: Make) -> None:
    store.update(lambda entries: entries.update({f"t{number}": token() for number in range(10_000)}))
    put(store, "codex", token())

    assert len(FileStore(store.path).read()) == 10_001


def test_a_warm_read_parses_nothing(store: FileStore, path: Path, token: Make) -> None:
    put(store, "codex", token())
    os.utime(path, (time.time() - 10, time.time() - 10))

    assert store.read()["codex"] is store.read()["codex"]


def test_root_keeps_the_owner_of_a_file_that_belongs_to_another_user(store: FileStore, path: Path, token: Make) -> None:
    """Without root's rights the file stays its own user's, which is the same promise."""
    put(store, "codex", token())
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    for file in (path.parent, path):
        os.chown(file, owner, -1)

    put(store, "other", token())
    assert store.refresh_lock("codex").try_acquire()

    assert path.stat().st_uid == owner
    assert path.with_name("auth.json.refresh.codex.lock").stat().st_uid == owner
