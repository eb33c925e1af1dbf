"""Files of killed writers with tokens of an ended login: its logout removes, overwrites or reports them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Secret
from tests.storage.entries import put
from tests.storage.file.leftovers.copies import copies, log_out, login
from tests.support.clock import Clock


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


LEFT_BY_THE_KILLED = [
    "auth.json.tmp.4711.0",  # the Rust agents name theirs like ours
    "auth.json.notes.tmp.1.22",
    "auth.json.clients.tmp.1.0",
    "auth.json.spill.codex.tmp.7.7",
    "auth.json.spill.mcp:linear.tmp.7.8",
    "auth.json.spill.a.b c.tmp.7.9",
]
COPIES = ["auth.json.bak", "auth.json~", ".auth.json.swp", "#auth.json#", "auth.json.corrupt-1", "auth.json.spill.x"]


def test_a_logout_removes_killed_writers_files_and_clears_every_copy(store: FileStore) -> None:
    store.update_all([put("codex", login("codex")), put("lab", login("lab"))])
    for name in [*LEFT_BY_THE_KILLED, *COPIES]:
        store.path.with_name(name).write_bytes(store.path.read_bytes())

    log_out(store)

    assert copies(store) == []
    assert copies(store, "lab") == sorted(["auth.json", *COPIES])
    names = {found.name for found in store.path.parent.iterdir()}
    assert not names & set(LEFT_BY_THE_KILLED)
    assert names >= set(COPIES)


def test_a_spill_named_like_a_temporary_file_survives_another_logout(store: FileStore) -> None:
    odd = "lab.tmp.1.2"
    store.update_all([put("codex", login("codex")), put(odd, login(odd))])
    renewed = replace(login(odd), access_token=Secret("renewed"), expires_at=4_000_000_001)
    store.spill(odd, renewed, login(odd))

    log_out(store)

    assert FileStore(store.path).read() == {odd: renewed}


def test_another_store_in_the_same_folder_keeps_its_login(store: FileStore) -> None:
    other = FileStore(store.path.with_name("auth.json.other"))
    for one in (store, other):
        one.update(put("codex", login("codex")))
    of_other = other.path.with_name("auth.json.other.tmp.1.1")
    of_other.write_bytes(other.path.read_bytes())

    log_out(store)

    assert copies(store) == ["auth.json.other", "auth.json.other.tmp.1.1"]
    log_out(other)
    assert copies(store) == []


def test_a_temporary_file_with_a_second_name_is_overwritten_first(store: FileStore) -> None:
    store.update(put("codex", login("codex")))
    left = store.path.with_name("auth.json.tmp.1.1")
    left.write_bytes(store.path.read_bytes())
    os.link(left, store.path.with_name("elsewhere"))

    log_out(store)

    assert not left.exists()
    assert copies(store) == []


SPILL = """
import os, sys
from openab_auth.storage import *
real, logged_out = os.fsync, []
def token(value):
    return TokenEntry(Secret(value), Secret(f"refresh {value}"), 9, "https://as.example/token", "lab")
store = FileStore(sys.argv[1])
store.update(lambda draft: draft.update(lab=token("old"), codex=token("x")))
def fsync(descriptor):  # the moment between the writing of a temporary file and its renaming
    real(descriptor)
    if not logged_out:
        logged_out.append(True)
        FileStore(sys.argv[1]).update(lambda draft: draft.pop("codex"))
os.fsync = fsync
store.spill("lab", token("renewed"), token("old"))
print(bool(logged_out), FileStore(sys.argv[1]).read()["lab"] == token("renewed"))
"""


def test_a_spill_that_is_being_written_survives_another_ones_logout(path: Path, run: Callable[..., str]) -> None:
    """The journal is written without the global lock, so a logout may remove its temporary file."""
    assert run(SPILL, path) == "True True"


def test_a_file_that_a_logout_can_neither_remove_nor_clear_is_told(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can leave a file that its folder's owner cannot remove
    code = """
import sys
from openab_auth.storage import *
store = FileStore(sys.argv[1])
entry = TokenEntry(Secret("access-of-codex"), Secret("refresh-of-codex"), 9, "https://as.example/token", "codex")
store.update(lambda draft: draft.update(codex=entry))
store.update(lambda draft: draft.pop("codex"))
print([problem.what for problem in store.problems() if problem.ended])
"""
    public_path.parent.chmod(0o1777)
    roots = public_path.with_name("auth.json.tmp.1.1")
    roots.touch(0o600)

    told = run(code, public_path, as_nobody=True)

    assert f"{roots} may hold tokens of an ended login; a logout could not remove it" in told
