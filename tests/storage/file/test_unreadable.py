"""An unreadable file beside the store is not empty (case 5): it stays unchanged, and the caller gets an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import (
    AddedServer,
    ClientRecord,
    Draft,
    FileStore,
    LoginFacts,
    Note,
    StorageError,
    StoreUnreadableError,
    UserId,
)
from tests.storage.entries import put, token
from tests.storage.processes import NOBODY

ADA = Note(logged_in_by=UserId(7), logged_in_at=5)


def make_loop(place: Path) -> None:
    place.symlink_to(place)


UNREADABLE = pytest.mark.parametrize(
    "spoil",
    [make_loop, Path.mkdir, os.mkfifo, lambda place: place.write_bytes(b'{"codex": "\xff"}')],
    ids=["loop", "folder", "fifo", "not UTF-8"],
)
FILES = pytest.mark.parametrize("name", ["notes", "clients", "servers"])
READ: dict[str, Callable[[FileStore], object]] = {
    "notes": FileStore.notes,
    "clients": FileStore.clients,
    "servers": FileStore.servers,
}


def write(name: str) -> Callable[[Draft], None]:
    def mutate(draft: Draft) -> None:
        if name == "notes":
            draft.notes["codex"] = ADA
        elif name == "clients":
            draft.clients["codex"] = ClientRecord("c")
        else:
            draft.servers["linear"] = AddedServer("https://linear.example/mcp", UserId(7), 5)

    return mutate


def spoiled(store: FileStore, name: str, spoil: Callable[[Path], object]) -> Path:
    store.update(put("codex", token()))
    place = store.path.with_name(f"auth.json.{name}")
    spoil(place)
    return place


@FILES
@UNREADABLE
def test_it_is_refused_by_name_and_not_written_over(
    store: FileStore, name: str, spoil: Callable[[Path], object]
) -> None:
    place = spoiled(store, name, spoil)
    before = os.lstat(place)

    with pytest.raises(StoreUnreadableError, match=rf"auth\.json\.{name} could not be read"):
        READ[name](store)
    with pytest.raises(StoreUnreadableError, match=rf"auth\.json\.{name} could not be read"):
        store.update(write(name))

    assert os.lstat(place).st_ino == before.st_ino
    assert [problem.what for problem in store.problems() if f"{place} could not be read" in problem.what]


@FILES
@UNREADABLE
def test_an_update_that_does_not_need_it_is_committed(
    store: FileStore, name: str, spoil: Callable[[Path], object]
) -> None:
    place = spoiled(store, name, spoil)
    before = os.lstat(place)

    store.update(put("lab", token("lab")))

    assert sorted(FileStore(store.path).read()) == ["codex", "lab"]
    assert os.lstat(place).st_ino == before.st_ino


@pytest.mark.parametrize("name", ["notes", "facts"])
@UNREADABLE
def test_a_login_is_kept_without_its_note_and_its_facts(
    store: FileStore, name: str, spoil: Callable[[Path], object]
) -> None:
    """Losing them must not lose a login."""
    place = spoiled(store, name, spoil)
    before = os.lstat(place)

    def log_in(draft: Draft) -> None:
        draft["lab"] = token("lab")
        draft.notes["lab"] = ADA
        draft.facts["lab"] = LoginFacts(("f",), {})

    store.update(log_in)

    assert "lab" in FileStore(store.path).read()
    assert os.lstat(place).st_ino == before.st_ino


@UNREADABLE
def test_a_logout_needs_no_facts(store: FileStore, spoil: Callable[[Path], object]) -> None:
    spoiled(store, "facts", spoil)

    store.update(lambda draft: draft.pop("codex"))

    assert dict(FileStore(store.path).read()) == {}
    assert [problem.what for problem in store.problems() if "auth.json.facts could not be read" in problem.what]


def test_damaged_facts_are_a_problem_and_keep_their_bytes(store: FileStore) -> None:
    place = spoiled(store, "facts", lambda place: place.write_text('{"codex": 5}'))
    assert [problem.what for problem in store.problems() if f"{place} is damaged" in problem.what]

    store.update(lambda draft: draft.facts.update(codex=LoginFacts(("f",), {})))

    (kept,) = place.parent.glob("auth.json.facts.corrupt-*")
    assert kept.read_text() == '{"codex": 5}'
    (problem,) = store.problems()
    assert str(kept) in problem.what


def test_facts_that_others_can_read_are_a_problem(store: FileStore) -> None:
    spoiled(store, "facts", lambda place: place.write_text("{}")).chmod(0o644)

    assert [problem.repair for problem in store.problems()] == [f"chmod 600 {store.path}.facts"]


def test_damaged_notes_keep_their_bytes_when_they_are_written_anew(store: FileStore) -> None:
    place = spoiled(store, "notes", lambda place: place.write_text('{"codex": {"logged_in_by": 7'))
    assert [problem.what for problem in store.problems() if f"{place} is damaged" in problem.what]

    store.update(write("notes"))

    assert dict(store.notes()) == {"codex": ADA}
    (kept,) = place.parent.glob("auth.json.notes.corrupt-*")
    assert kept.read_text() == '{"codex": {"logged_in_by": 7'
    (problem,) = store.problems()
    assert str(kept) in problem.what


TOKEN = """
import os, sys
from openab_auth.storage import *
def token(tenant="codex", value="at"):
    return TokenEntry(Secret(value), Secret(f"refresh {value}"), 9, "https://as.example/token", tenant)
"""

SPILLED = (
    TOKEN
    + """
store = FileStore(sys.argv[1], lock_timeout=1)
store.update(lambda draft: draft.update(codex=token(), lab=token("lab")))
store.spill("codex", token(value="renewed"), token())
spill = sys.argv[1] + ".spill.codex"
before = os.stat(spill)
os.chmod(spill, 0)
again = FileStore(sys.argv[1], lock_timeout=1)
asked = {
    "read": again.read,
    "check": again.check_writable,
    "update": lambda: again.update(lambda draft: None),
    "spill": lambda: again.spill("codex", token(value="newest"), token(value="renewed")),
}
for name, ask in asked.items():
    try:
        ask()
        print(name, "done")
    except StoreUnreadableError as error:
        print(name, "refused", ".spill.codex" in str(error))
print(any("spill.codex could not be read" in problem.what for problem in again.problems()))
os.chmod(spill, 0o600)
print(os.stat(spill).st_ino == before.st_ino, again.read()["codex"] == token(value="renewed"))
"""
)


def test_a_spill_of_ours_that_cannot_be_read_is_not_taken_for_none(public_path: Path, run: Callable[..., str]) -> None:
    """Otherwise the used refresh token, which is still in the file, would be posted again."""
    if os.geteuid() == 0:  # who may read anything
        os.chown(public_path.parent, NOBODY, NOBODY)
    told = run(SPILLED, public_path, as_nobody=True).splitlines()

    assert told == [*(f"{name} refused True" for name in ("read", "check", "update", "spill")), "True", "True True"]


UNLISTABLE = (
    TOKEN
    + """
store = FileStore(sys.argv[1])
store.update(lambda draft: draft.update(codex=token()))
os.chmod(os.path.dirname(sys.argv[1]), 0o300)
try:
    store.check_writable()
except StoreUnreadableError as error:
    print(error)
"""
)


def test_nobody_refreshes_in_a_folder_whose_spills_cannot_be_seen(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() == 0:  # who may list any folder
        os.chown(public_path.parent, NOBODY, NOBODY)
    told = run(UNLISTABLE, public_path, as_nobody=True)
    public_path.parent.chmod(0o700)

    assert "it cannot be listed, so a renewed login in it would not be seen" in told


FEW_DESCRIPTORS = """
import os, resource, sys
from pathlib import Path
import filelock
from openab_auth.storage import *
from openab_auth.storage import journal
from openab_auth.storage.file.leftovers import ended_logins
from openab_auth.storage.file.locks import waiting
from tests.storage.entries import token
path = Path(sys.argv[1])
ADA = Note(logged_in_by=UserId(7), logged_in_at=5)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

def everybody(draft):
    for tenant in ("codex", "lab"):
        draft[tenant], draft.notes[tenant] = token(tenant), ADA

def log_out(draft):
    draft.notes.pop("codex", None)
    return draft.pop("codex", None) is not None

refused = done = 0
for room in range(12):
    FileStore(path).update(everybody)
    store = FileStore(path, lock_timeout=5)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + room, hard))
    try:
        told = store.update(log_out)
        done += 1
    except StorageError:
        told = None
        refused += 1
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    there, notes = FileStore(path).read(), FileStore(path).notes()
    assert told in (True, None), told
    assert ("codex" in there) == (told is None), (room, told, list(there))
    assert notes["lab"] == ADA, (room, told, notes)
    assert told or notes["codex"] == ADA, (room, told, notes)
print(refused > 0, done > 0)
"""


def test_a_process_without_descriptors_loses_nobodys_login_or_notes(path: Path, run: Callable[..., str]) -> None:
    """Each call that opens a file fails with EMFILE."""
    assert run(FEW_DESCRIPTORS, path) == "True True"


IN_NO_FOLDER = """
import os, sys, tempfile
from openab_auth.storage import *
gone = tempfile.mkdtemp()
os.chdir(gone)
os.rmdir(gone)
try:
    open_store("auth.json")
except StorageError as error:
    print(error)
"""


def test_a_relative_path_in_a_folder_that_is_gone_is_refused(run: Callable[..., str]) -> None:
    assert "auth.json could not be read (its folder: No such file or directory)" in run(IN_NO_FOLDER)


def test_a_folder_that_cannot_be_looked_at_is_told_and_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    make_loop(loop)
    store = FileStore(loop / "auth.json")

    for ask in (store.read, store.check_writable, lambda: store.update(put("codex", token()))):
        with pytest.raises(StorageError):
            ask()
    assert store.problems()
