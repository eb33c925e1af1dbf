"""Root in other users' folders gives its new files away, follows no link, and locks nobody out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import ClientRecord, FileStore, Note, StorageError
from tests.storage.disk.ownership.rights import mode
from tests.storage.entries import put, token
from tests.storage.processes import NOBODY, line_of
from tests.support.clock import Clock


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def test_root_keeps_the_owner_of_the_folder_and_locks_nobody_out(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    store = FileStore(public_path)
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
    assert store.lease("codex").try_acquire()
    store.update(put("a", token("a")))
    store.spill("a", token("a", "renewed"), token("a"))

    owners = {(found.stat().st_uid, found.stat().st_gid) for found in public_path.parent.iterdir()}
    assert owners == {(NOBODY, NOBODY)}
    code = (
        "import sys; from openab_auth.storage import *; s = FileStore(sys.argv[1]);"
        "renewed = s.read()['a'].access_token.reveal();"
        "s.update(lambda d: d.pop('a')); s.check_writable(); print(renewed, list(s.read()))"
    )
    assert run(code, public_path, as_nobody=True) == "renewed ['codex']"


def test_root_keeps_the_owner_of_a_file_that_belongs_to_another_user(store: FileStore, path: Path) -> None:
    """Without root's rights, the file keeps its owner anyway."""
    store.update(put("codex", token()))
    owner = NOBODY if os.geteuid() == 0 else os.geteuid()
    for file in (path.parent, path):
        os.chown(file, owner, -1)

    store.update(put("other", token("other")))
    assert store.lease("codex").try_acquire()

    assert path.stat().st_uid == owner
    assert path.with_name("auth.json.refresh.codex.lock").stat().st_uid == owner


def test_root_gives_folders_that_it_makes_to_whose_home_they_lie_in(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    path = public_path.parent / ".openab" / "agent" / "auth.json"
    FileStore(path).update(put("codex", token()))

    code = (
        "import sys; from openab_auth.storage import *; print(list(FileStore(sys.argv[1]).update(lambda d: list(d))))"
    )
    assert run(code, path, as_nobody=True) == "['codex']"


def test_root_gives_a_lock_that_it_left_behind_to_whose_folder_it_lies_in(public_path: Path) -> None:
    """Root may have been killed after it made the file and before it gave the file away."""
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    locks = [public_path.with_name(name) for name in ("auth.json.global.lock", "auth.json.refresh.codex.lock")]
    for lock in locks:
        lock.touch(0o600)
    store = FileStore(public_path)
    store.update(put("codex", token()))
    assert store.lease("codex").try_acquire()
    assert {lock.stat().st_uid for lock in locks} == {NOBODY}


def roots_folder(public_path: Path) -> Path:
    """Make a folder of root's that another user wants, beside a folder in which that user may do anything."""
    os.chown(public_path.parent, NOBODY, NOBODY)
    folder = public_path.parent.parent / "of-root"
    folder.mkdir(0o755)
    return folder


def link(place: Path, target: Path) -> None:
    place.symlink_to(target)
    os.lchown(place, NOBODY, NOBODY)


def ask_all(store: FileStore) -> list[str]:
    """Return the errors of root when it does everything that makes a file."""
    told = []
    for act in (
        lambda: store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x")))),
        lambda: store.spill("codex", token(value="renewed"), token()),
        store.check_writable,
        lambda: store.lease("codex").try_acquire(),
    ):
        try:
            act()
        except StorageError as error:
            told.append(str(error))
    return told


@pytest.mark.parametrize("missing", ["", "agent"], ids=["the folder", "a folder above it"])
def test_root_follows_no_link_of_a_user_into_a_folder_of_its_own(public_path: Path, missing: str) -> None:
    if os.geteuid() != 0:
        return  # only root has a folder that it could lose
    target = roots_folder(public_path)
    link(public_path.parent / ".openab", target)
    before = target.stat()

    told = ask_all(FileStore(public_path.parent / ".openab" / missing / "auth.json"))

    assert len(told) == 4
    assert all(f"a symbolic link of uid {NOBODY} leads to a folder of uid 0" in reason for reason in told)
    assert list(target.iterdir()) == []
    assert (target.stat().st_uid, target.stat().st_mode) == (before.st_uid, before.st_mode)


def test_root_follows_a_link_of_its_own_and_one_that_stays_with_its_user(public_path: Path) -> None:
    if os.geteuid() != 0:
        return  # whoever is not root follows every link, as everywhere
    roots_folder(public_path)
    mine = public_path.parent / "data"
    mine.mkdir()
    os.chown(mine, NOBODY, NOBODY)
    link(public_path.parent / "theirs", mine)
    (public_path.parent.parent / "roots").symlink_to(public_path.parent)

    path = public_path.parent.parent / "roots" / "theirs" / "agent" / "auth.json"

    assert ask_all(FileStore(path)) == []
    assert {found.stat().st_uid for found in [mine / "agent", *(mine / "agent").iterdir()]} == {NOBODY}


def test_root_gives_away_no_file_that_has_another_name_too(public_path: Path) -> None:
    """Without protected hard links, a user may give a file of root's the name of a lock."""
    if os.geteuid() != 0:
        return  # only root can give files away
    secret = roots_folder(public_path) / "secret"
    secret.write_text("")
    os.link(secret, public_path.with_name("auth.json.global.lock"))

    FileStore(public_path).update(put("codex", token()))

    assert secret.stat().st_uid == 0


def test_what_root_keeps_of_a_damaged_file_belongs_to_whose_file_it_was(public_path: Path) -> None:
    """Otherwise a user could let root copy any file of root's."""
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    for name in ("auth.json", "auth.json.clients"):
        public_path.with_name(name).write_text("root's own secret")

    FileStore(public_path).update(
        lambda draft: (draft.update(codex=token()), draft.clients.update(codex=ClientRecord("c")))
    )

    kept = sorted(public_path.parent.glob("*.corrupt-*"))
    assert [(found.stat().st_uid, mode(found)) for found in kept] == [(0, 0o600), (0, 0o600)]


SWAPPER = """
import ctypes, os, sys
os.setgid(65534); os.setuid(65534)
os.chdir(sys.argv[1])
os.symlink(sys.argv[2], "link")
exchange = ctypes.CDLL(None).renameat2
print("ready", flush=True)
while True:
    exchange(-100, b"link", -100, b".openab", 2)
"""


def test_a_folder_that_a_user_keeps_swapping_for_a_link_costs_root_nothing(
    public_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    if os.geteuid() != 0:
        return  # only root has a folder that it could lose
    target = roots_folder(public_path)
    swapper = start(SWAPPER, public_path.parent, target)
    assert line_of(swapper) == "ready\n"
    for _ in range(40):
        ask_all(FileStore(public_path.parent / ".openab" / "agent" / "auth.json", lock_timeout=1))
    swapper.kill()
    swapper.wait()

    assert target.stat().st_uid == 0
    assert list(target.iterdir()) == []
