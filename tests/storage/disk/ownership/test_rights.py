"""The owner and the mode of each file, and the errors for a user without rights."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Note, TokenEntry
from tests.storage.disk.ownership.rights import mode
from tests.storage.entries import NOW, put, token
from tests.storage.processes import NOBODY
from tests.support.clock import Clock


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_every_file_is_for_its_owner_alone_whatever_the_umask(store: FileStore, path: Path, umask: int) -> None:
    """Case 9."""
    path.parent.mkdir()
    renewed: TokenEntry = token("a", "renewed")
    old = os.umask(umask)
    try:
        store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
        store.lease("codex").try_acquire()
        path.write_bytes(b"damaged")
        store.update(put("a", token("a")))
        store.spill("a", renewed, token("a"))
    finally:
        os.umask(old)
    modes = {found.name: mode(found) for found in path.parent.iterdir()}
    assert modes == dict.fromkeys(
        [
            "auth.json",
            "auth.json.notes",
            "auth.json.global.lock",
            "auth.json.refresh.codex.lock",
            f"auth.json.corrupt-{NOW}",
            "auth.json.spill.a",
        ],
        0o600,
    )
    assert path.with_name("auth.json.global.lock").stat().st_size == 0


def test_a_missing_folder_is_created_for_its_owner_alone(store: FileStore) -> None:
    old = os.umask(0)
    try:
        store.update(put("codex", token()))
    finally:
        os.umask(old)
    assert mode(store.path.parent) == 0o700


ATTEMPT = """
import sys
from openab_auth.storage import *
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
    """Case 5."""
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
    """Case 17."""
    FileStore(public_path).update(put("codex", token()))
    before = public_path.read_bytes()
    public_path.chmod(0o644)
    public_path.with_name("auth.json.global.lock").chmod(0)
    told = run(ATTEMPT, public_path, as_nobody=True)

    assert kinds(told) == ["done", "StoreUnwritableError", "StoreUnwritableError"]
    assert told.count("auth.json.global.lock") == 2
    assert os.geteuid() != 0 or "belongs to uid 0" in told
    assert public_path.read_bytes() == before


@pytest.mark.parametrize("rights", [0o700, 0o755])
def test_a_lock_in_another_users_folder_says_whose_that_is_and_what_to_do(
    public_path: Path, run: Callable[..., str], rights: int
) -> None:
    """Usually root made the folder; its sidecar cannot be looked at, or does not exist yet."""
    if os.geteuid() != 0:
        return  # only root can become another user
    public_path.parent.chmod(rights)
    code = """
import sys
from openab_auth.storage import *
try:
    FileStore(sys.argv[1]).lease("codex").try_acquire()
except StorageError as error:
    print(error)
"""
    told = run(code, public_path, as_nobody=True)

    assert "auth.json.refresh.codex.lock could not be written (as a lock: Permission denied" in told
    assert f"its folder belongs to uid 0: run this as that user, or give its folder to uid {NOBODY}" in told


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


def repairs(store: FileStore) -> dict[str, str]:
    return {problem.what: problem.repair for problem in store.problems()}


def test_wrong_rights_are_named_with_their_repair(store: FileStore, path: Path) -> None:
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
    assert repairs(store) == {}
    path.parent.chmod(0o770)
    notes = path.with_name("auth.json.notes")
    notes.chmod(0o640)
    assert repairs(store) == {
        f"{path.parent} can be written by others": f"chmod 700 {path.parent}",
        f"{notes} can be read by others": f"chmod 600 {notes}",
    }


def test_a_file_of_another_user_is_named_with_its_repair(store: FileStore, path: Path) -> None:
    """Case 17: usually root ran the program before."""
    if os.geteuid() != 0:
        return  # only root can give files away
    store.update(put("codex", token()))
    lock = path.with_name("auth.json.global.lock")
    os.chown(lock, NOBODY, -1)
    assert repairs(store) == {f"{lock} belongs to uid {NOBODY}, not to 0": f"sudo chown 0 {lock}"}


IN_A_FOLDER_THAT_CANNOT_BE_LISTED = """
import os, sys
from pathlib import Path
from openab_auth.storage import *
path = Path(sys.argv[1])
def log_in(name):
    def change(draft):
        draft[name] = TokenEntry(Secret("at"), Secret("rt"), 9, "https://as.example/token", name)
        draft.notes[name] = Note(account=f"{name}@x")
    return change
FileStore(path).update(log_in("claude"))
os.chmod(path.parent, 0o300)
store = FileStore(path)
store.update(log_in("codex"))
print(sorted(store.notes()), [problem.repair for problem in store.problems()])
"""


def test_a_folder_that_cannot_be_listed_costs_no_note_and_is_named(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() == 0:  # who may list any folder
        os.chown(public_path.parent, NOBODY, NOBODY)
    told = run(IN_A_FOLDER_THAT_CANNOT_BE_LISTED, public_path, as_nobody=True)
    public_path.parent.chmod(0o700)
    assert told == f"['claude', 'codex'] ['chmod u+r {public_path.parent}']"
