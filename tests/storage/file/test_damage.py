"""A damaged or replaced file is never overwritten before its bytes are kept, and its valid entries stay."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import (
    Entry,
    FileStore,
    InvalidEntryError,
    McpEntry,
    Secret,
    StoreUnreadableError,
    StoreUnwritableError,
)
from tests.storage.entries import NOW, put, token
from tests.support.clock import Clock


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


@pytest.mark.parametrize("content", [b"\xff{}", b"\xff\xfe", b'{"a": "\xc3"}', b'{"codex": "\xff"}'])
def test_a_file_that_is_not_utf8_is_never_written_over(store: FileStore, content: bytes) -> None:
    """Case 5."""
    store.path.parent.mkdir()
    store.path.write_bytes(content)

    for refused in (store.read, lambda: store.update(put("codex", token())), store.check_writable):
        with pytest.raises(StoreUnreadableError):
            refused()
    assert store.path.read_bytes() == content
    assert "UTF-8" in store.problems()[0].what


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "fifo"])
def test_what_is_no_file_is_unreadable_and_stays(store: FileStore, make: Callable[[Path], None]) -> None:
    store.path.parent.mkdir()
    make(store.path)
    before = store.path.stat()

    for refused in (store.read, lambda: store.update(put("codex", token())), store.check_writable):
        with pytest.raises(StoreUnreadableError):
            refused()
    assert store.path.stat().st_ino == before.st_ino
    assert stat.S_IFMT(store.path.stat().st_mode) == stat.S_IFMT(before.st_mode)


@pytest.mark.parametrize("dangling", [False, True])
def test_a_symbolic_link_is_read_but_never_written(store: FileStore, tmp_path: Path, dangling: object) -> None:
    """Case 8."""
    target = tmp_path / "target.json"
    if not dangling:
        FileStore(target, clock=Clock()).update(put("codex", token()))
    store.path.parent.mkdir()
    store.path.symlink_to(target)

    assert list(store.read()) == ([] if dangling else ["codex"])
    for write in (lambda: store.update(put("a", token("a"))), store.check_writable):
        with pytest.raises(StoreUnwritableError, match="symbolic link"):
            write()
    assert store.path.is_symlink()
    assert target.exists() is not dangling
    assert any("symbolic link" in problem.what for problem in store.problems())


def test_a_torn_file_is_kept_under_the_lock_only_and_salvaged(store: FileStore) -> None:
    store.update_all([put(name, token(name)) for name in ("a", "b", "c")])
    torn = store.path.read_bytes()[:-60]
    store.path.write_bytes(torn)
    kept = store.path.with_name(f"auth.json.corrupt-{NOW}")

    assert list(store.read()) == ["a", "b"]
    assert "damaged" in store.problems()[0].what
    assert store.path.read_bytes() == torn
    assert not kept.exists()

    store.update(lambda _draft: None)
    assert kept.read_bytes() == torn
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(json.loads(store.path.read_text())) == ["a", "b"]
    assert [str(kept) in problem.what for problem in store.problems()] == [True]


def test_torn_at_any_byte_its_bytes_are_kept_and_no_login_is_half(quick: Path) -> None:
    """Cases 2 and 6, for damage by other writers and other disks."""
    store = FileStore(quick / "auth.json", clock=Clock())
    whole: dict[str, Entry] = {"a": token("a"), "b": McpEntry("b")}
    store.update(lambda draft: draft.update(whole))
    text = store.path.read_bytes()
    for length in range(len(text)):
        store.path.write_bytes(text[:length])
        store.update(put("c", token("c")))

        left = dict(store.read())
        assert left.pop("c") == token("c")
        assert left.items() <= whole.items()
        [kept] = store.path.parent.glob("auth.json.corrupt-*")
        assert kept.read_bytes() == text[:length]
        kept.unlink()


def test_a_wrong_member_and_a_torn_one_cost_nobody_else_anything(store: FileStore) -> None:
    store.update(put("codex", token()))
    damaged = store.path.read_bytes().rstrip()[:-1] + b', "wrong": {"foo": 1}, "torn": {"access'
    store.path.write_bytes(damaged)

    assert list(store.read()) == ["codex"]
    store.update(put("other", token("other")))
    [kept] = store.path.parent.glob("auth.json.corrupt-*")
    assert kept.read_bytes() == damaged
    assert set(json.loads(store.path.read_text())) == {"codex", "other"}


def test_one_entry_of_no_shape_leaves_the_file_with_its_bytes_kept(store: FileStore) -> None:
    """Case 6."""
    store.update(put("codex", token()))
    whole = json.loads(store.path.read_text())
    store.path.write_text(json.dumps({**whole, "newer": {"shape": "unknown"}}))

    store.update(lambda entries: None)

    assert json.loads(store.path.read_text()) == whole
    assert len(list(store.path.parent.glob("*.corrupt-*"))) == 1


def test_names_of_kept_files_never_collide(store: FileStore) -> None:
    store.path.parent.mkdir()
    for n in range(5):
        store.path.write_text(f"damage {n}")
        store.update(put("codex", token(value=str(n))))
    kept = {found.name: found.read_text() for found in store.path.parent.glob("auth.json.corrupt-*")}
    ends = ["", "-1", "-2", "-3", "-4"]
    assert kept == {f"auth.json.corrupt-{NOW}{end}": f"damage {n}" for n, end in enumerate(ends)}


def test_a_raising_mutation_leaves_a_damaged_file_as_it_is(store: FileStore) -> None:
    store.path.parent.mkdir()
    store.path.write_text("damage")
    with pytest.raises(KeyError):
        store.update(lambda draft: draft["nobody"])
    assert store.path.read_text() == "damage"


def test_the_legacy_shape_is_written_namespaced_by_the_next_update(store: FileStore) -> None:
    store.update(put("codex", token()))
    entry = json.loads(store.path.read_text())["codex"]
    store.path.write_text(json.dumps(entry))

    assert dict(store.read()) == {"codex": token()}
    store.update(lambda _draft: None)
    assert json.loads(store.path.read_text()) == {"codex": entry}
    assert not list(store.path.parent.glob("*.corrupt-*"))


def test_unknown_fields_and_foreign_entries_stay(store: FileStore) -> None:
    foreign = {
        "odd key": {"client_id": "c", "token_response": None, "x": [1]},
        "mcp-x": {"client_id": "d"},
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
    store.path.parent.mkdir()
    store.path.write_text(json.dumps(foreign))

    store.update(put("codex", token()))

    written = json.loads(store.path.read_text())
    assert written.pop("codex")
    assert written == foreign
    assert list(store.path.parent.glob("*.corrupt-*")) == []


def test_an_entry_that_would_cost_all_others_is_refused(store: FileStore) -> None:
    store.update(put("a", token("a")))
    before = store.path.read_bytes()
    with pytest.raises(InvalidEntryError):
        store.update(put("codex", token(expires_at=-1)))
    assert store.path.read_bytes() == before


def test_the_next_update_removes_a_killed_writers_files_and_nothing_else(store: FileStore) -> None:
    store.path.parent.mkdir()
    old = ["auth.json.tmp.4711.0", "auth.json.notes.tmp.1.22", "auth.json.clients.tmp.1.0"]
    young = "auth.json.tmp.4711.1"  # perhaps of a writer that lives
    others = ["auth.json.tmp.x.0", "auth.json.tmp.1.0.bak", "other.json.tmp.1.0"]
    for name in (*old, young, *others):
        store.path.with_name(name).write_text("left")
        age = 10 if name == young else 11
        os.utime(store.path.with_name(name), (NOW - age, NOW - age))
    store.path.with_name("auth.json.tmp.5.5").mkdir()

    assert [problem.what.split()[0] for problem in store.problems()] == [
        str(store.path.with_name(name)) for name in sorted(old)
    ]
    store.update(put("codex", token()))
    left = {found.name for found in store.path.parent.iterdir()} - {"auth.json", "auth.json.global.lock"}
    assert left == {*others, "auth.json.tmp.5.5"}
    assert store.problems() == ()


def test_no_secret_is_in_any_repr_or_error(store: FileStore) -> None:
    """Case 44."""
    mcp = McpEntry("c", {"access_token": "CANARY", "token_type": "bearer"}, extra={"secret": "CANARY"})
    secret = token(value="CANARY", extra={"id_token": "CANARY"})
    store.update_all([put("codex", secret), put("m", mcp)])
    shown = [repr(store.read()), str(secret), repr(mcp), repr(store), repr(store._snapshot)]
    bad = token(access_token=Secret("CANARY\ud800"), extra={"x": "CANARY"})
    shown.append(repr(store.update_all([put("codex", bad), put("codex", token(expires_at="CANARY"))])))
    store.path.write_text('{"x": {"access_token": "CANARY", "n": CANARY')
    shown.append(repr((store.problems(), store.read())))
    assert "CANARY" not in "".join(shown)


def test_half_a_surrogate_pair_in_a_key_keeps_nobody_from_writing(store: FileStore) -> None:
    store.path.parent.mkdir()
    for damaged in (b'{"\\ud800": {"client_id": "c"}}', b'{"\\ud800": {"client_id": "c"}, "x": {"client_id": "d"},'):
        store.path.write_bytes(damaged)
        store.update(put("codex", token()))
        assert store.read()["codex"] == token()
        assert "\\ud800" not in store.path.read_text()
