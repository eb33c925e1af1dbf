"""What a file system, another program or another user can do to the file, and that no login is lost by it."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import (
    DeadToken,
    FileStore,
    McpEntry,
    Note,
    Secret,
    StoreUnreadableError,
    StoreUnwritableError,
    open_store,
)
from tests.storage.contract import NOW, Clock, put, token
from tests.storage.processes import NOBODY, public_path, run, start  # noqa: F401 -- fixtures


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_every_file_is_for_its_owner_alone_whatever_the_umask(path: Path, umask: int) -> None:
    path.parent.mkdir()
    old = os.umask(umask)
    try:
        store = FileStore(path, clock=Clock())
        store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
        store.refresh_lock("codex").try_acquire()
        path.write_bytes(b"damaged")
        store.update(put("a", token("a")))
    finally:
        os.umask(old)
    names = {found.name: mode(found) for found in path.parent.iterdir()}
    assert set(names) == {
        "auth.json",
        "auth.json.notes",
        "auth.json.global.lock",
        "auth.json.refresh.codex.lock",
        f"auth.json.corrupt-{NOW}",
    }
    assert set(names.values()) == {0o600}


def test_a_missing_folder_is_created_for_its_owner_alone(store: FileStore) -> None:
    old = os.umask(0)
    try:
        store.update(put("codex", token()))
    finally:
        os.umask(old)
    assert mode(store.path.parent) == 0o700


def test_reading_creates_nothing(store: FileStore) -> None:
    store.read()
    store.notes()
    store.problems()
    assert not store.path.parent.exists()


def test_an_update_that_changes_nothing_writes_nothing(store: FileStore) -> None:
    store.update(put("codex", token()))
    before = store.path.stat()
    store.update(put("codex", token()))
    store.update(lambda _draft: None)
    assert store.path.stat().st_ino == before.st_ino


def test_a_write_of_another_process_is_seen_at_once_even_in_place_and_of_the_same_size(store: FileStore) -> None:
    store.update(put("codex", token(value="at0")))
    for n in range(1, 50):
        store.path.write_text(store.path.read_text().replace(f"at{(n - 1) % 10}", f"at{n % 10}"))
        assert store.read()["codex"] == token(value=f"at{n % 10}")


def test_a_settled_file_is_read_once(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.update(put("codex", token()))
    os.utime(store.path, ns=(0, 0))
    first = store.read()
    monkeypatch.setattr(os, "open", None)

    assert dict(store.read()) == dict(first)
    assert store.peek() is not None


def test_unknown_fields_and_foreign_entries_stay(store: FileStore) -> None:
    foreign = {"odd key": {"client_id": "c", "token_response": None, "x": [1]}, "mcp-x": {"client_id": "d"}}
    store.path.parent.mkdir()
    store.path.write_text(json.dumps(foreign))
    store.update(put("codex", token()))
    assert {**json.loads(store.path.read_text()), "codex": None} == {**foreign, "codex": None}


@pytest.mark.parametrize("content", [b"\xff{}", b'{"a": "\xc3"}'])
def test_a_file_that_is_not_utf8_is_never_written_over(store: FileStore, content: bytes) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(content)

    with pytest.raises(StoreUnreadableError):
        store.read()
    with pytest.raises(StoreUnreadableError):
        store.update(put("codex", token()))
    with pytest.raises(StoreUnreadableError):
        store.check_writable()
    assert store.path.read_bytes() == content
    assert len(store.problems()) >= 1


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["directory", "fifo"])
def test_what_is_no_file_is_unreadable_and_stays(store: FileStore, make: Callable[[Path], None]) -> None:
    store.path.parent.mkdir()
    make(store.path)
    before = store.path.stat().st_ino

    with pytest.raises(StoreUnreadableError):
        store.read()
    with pytest.raises(StoreUnreadableError):
        store.update(put("codex", token()))
    assert store.path.stat().st_ino == before


def test_a_torn_file_is_kept_under_the_lock_only_and_what_parses_is_salvaged(store: FileStore) -> None:
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
    assert list(json.loads(store.path.read_text())) == ["a", "b"]
    assert [str(kept) in problem.what for problem in store.problems()] == [True]


def test_names_of_kept_files_never_collide(store: FileStore) -> None:
    store.path.parent.mkdir()
    for n in range(3):
        store.path.write_text(f"damage {n}")
        store.update(lambda _draft: None)
    kept = sorted(store.path.parent.glob("auth.json.corrupt-*"))
    assert [found.name for found in kept] == [f"auth.json.corrupt-{NOW}{end}" for end in ("", "-1", "-2")]
    assert [found.read_text() for found in kept] == ["damage 0", "damage 1", "damage 2"]


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


@pytest.mark.parametrize("dangling", [False, True])
def test_a_symbolic_link_is_read_but_never_written(store: FileStore, tmp_path: Path, dangling: object) -> None:
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


def test_no_space_leaves_the_file_as_it_was_and_no_temporary_file(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.update(put("codex", token()))
    before = store.path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StoreUnwritableError, match="No space left"):
            store.update(put("a", token("a")))
        with pytest.raises(StoreUnwritableError, match="No space left"):
            store.check_writable()
    assert store.path.read_bytes() == before
    assert not list(store.path.parent.glob("*.tmp.*"))
    store.update(put("a", token("a")))


def test_lost_or_broken_notes_lose_no_login(store: FileStore) -> None:
    dead = Note("ada", None, 5, (), DeadToken("ab", "invalid_grant", 7))
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=dead)))
    assert dict(store.notes()) == {"codex": dead}
    notes = store.path.with_name("auth.json.notes")
    for broken in (b"\xff", b"[]", b'{"codex": {"account": 1, "scopes": 5, "dead": {"since": true}}, "x": 1}'):
        notes.write_bytes(broken)
        assert store.notes().get("codex", Note()) == Note()
        assert store.read()["codex"] == token()
        store.update(put("a", token("a", broken.hex())))


def test_notes_that_cannot_be_written_do_not_undo_a_login(store: FileStore) -> None:
    store.path.parent.mkdir()
    store.path.with_name("auth.json.notes").mkdir()
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
    assert list(store.read()) == ["codex"]


def test_readers_see_only_whole_states_while_a_writer_writes(store: FileStore) -> None:
    store.update_all([put("a", token("a", "0")), put("b", token("b", "0"))])
    stop, torn = threading.Event(), []

    def watch() -> None:
        reader = FileStore(store.path)
        while not stop.is_set():
            entries = reader.read()
            if entries["a"].access_token != entries["b"].access_token:
                torn.append(entries)

    thread = threading.Thread(target=watch)
    thread.start()
    for n in range(50):
        store.update(lambda draft, n=n: draft.update(a=token("a", str(n)), b=token("b", str(n))))
    stop.set()
    thread.join()
    assert torn == []


def test_ten_thousand_entries_are_fine(store: FileStore) -> None:
    store.update(lambda draft: draft.update({f"t{n}": token(f"t{n}") for n in range(10_000)}))
    assert len(FileStore(store.path).read()) == 10_000


def test_root_keeps_the_owner_of_the_folder_and_locks_nobody_out(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    store = FileStore(public_path)
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
    assert store.refresh_lock("codex").try_acquire()
    store.update(put("a", token("a")))

    owners = {(found.stat().st_uid, found.stat().st_gid) for found in public_path.parent.iterdir()}
    assert owners == {(NOBODY, NOBODY)}
    code = (
        "import sys; from storage import *; s = FileStore(sys.argv[1]);"
        "s.update(lambda d: d.pop('a')); s.check_writable(); print(list(s.read()))"
    )
    assert run(code, public_path, as_nobody=True) == "['codex']"


ATTEMPT = """
import sys
from storage import *
store = FileStore(sys.argv[1], lock_timeout=1)
for attempt in (store.read, store.check_writable, lambda: store.update(lambda d: d.clear())):
    try:
        attempt()
        print("done")
    except StorageError as error:
        print(type(error).__name__, error)
"""


def kinds(lines: str) -> list[str]:
    return [line.split()[0] for line in lines.splitlines()]


def test_without_rights_on_the_file_it_is_unreadable_and_stays(public_path: Path, run: Callable[..., str]) -> None:
    FileStore(public_path).update(put("codex", token()))
    before = public_path.read_bytes()
    public_path.with_name("auth.json.global.lock").chmod(0o666)
    public_path.chmod(0)
    told = run(ATTEMPT, public_path, as_nobody=True)
    public_path.chmod(0o600)

    assert kinds(told) == ["StoreUnreadableError"] * 3
    assert public_path.read_bytes() == before


def test_without_rights_on_the_lock_nothing_is_written_and_it_is_named(
    public_path: Path, run: Callable[..., str]
) -> None:
    FileStore(public_path).update(put("codex", token()))
    before = public_path.read_bytes()
    public_path.chmod(0o644)
    public_path.with_name("auth.json.global.lock").chmod(0)
    told = run(ATTEMPT, public_path, as_nobody=True)

    assert kinds(told) == ["done", "StoreUnwritableError", "StoreUnwritableError"]
    assert told.count("auth.json.global.lock") == 2
    assert os.geteuid() != 0 or "belongs to uid 0" in told
    assert public_path.read_bytes() == before


def test_in_a_read_only_folder_it_is_read_but_unwritable(public_path: Path, run: Callable[..., str]) -> None:
    FileStore(public_path).update(put("codex", token()))
    before = public_path.read_bytes()
    public_path.chmod(0o644)
    public_path.with_name("auth.json.global.lock").chmod(0o666)
    public_path.parent.chmod(0o555)
    told = run(ATTEMPT, public_path, as_nobody=True)
    public_path.parent.chmod(0o755)

    assert kinds(told) == ["done", "StoreUnwritableError", "StoreUnwritableError"]
    assert public_path.read_bytes() == before


def test_open_store_finds_the_home_folder_and_refuses_other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    store = open_store("~/.openab/agent/auth.json")
    assert isinstance(store, FileStore)
    assert store.path == Path("/somewhere/.openab/agent/auth.json")
    with pytest.raises(StoreUnreadableError) as caught:
        open_store("postgresql://me:CANARY@host/db")
    assert "CANARY" not in str(caught.value)


def test_no_secret_is_in_any_repr_or_error(store: FileStore) -> None:
    mcp = McpEntry("c", {"access_token": "CANARY", "token_type": "bearer"}, extra={"secret": "CANARY"})
    secret = token(value="CANARY", extra={"id_token": "CANARY"})
    store.update_all([put("codex", secret), put("m", mcp)])
    shown = [repr(store.read()), str(secret), repr(mcp), repr(store), repr(store._snapshot)]
    bad = token(access_token=Secret("CANARY\ud800"), extra={"x": "CANARY"})
    shown.append(repr(store.update_all([put("codex", bad), put("codex", token(expires_at="CANARY"))])))
    store.path.write_text('{"x": {"access_token": "CANARY", "n": CANARY')
    shown.append(repr((store.problems(), store.read())))
    assert "CANARY" not in "".join(shown)
