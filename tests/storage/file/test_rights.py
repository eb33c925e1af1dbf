"""Whose the files are and who may read them, and what a user without rights on them is told."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import ClientRecord, FileStore, Note, StorageError, TokenEntry
from tests.support.clock import Clock
from tests.support.entries import NOW, put, token
from tests.support.processes import NOBODY, line_of


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path, clock=Clock(), lock_timeout=2)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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
        store.spill("a", renewed, token("a").refresh_token)
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


def test_root_keeps_the_owner_of_the_folder_and_locks_nobody_out(public_path: Path, run: Callable[..., str]) -> None:
    if os.geteuid() != 0:
        return  # only root can give files away
    os.chown(public_path.parent, NOBODY, NOBODY)
    store = FileStore(public_path)
    store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x"))))
    assert store.lease("codex").try_acquire()
    store.update(put("a", token("a")))
    store.spill("a", token("a", "renewed"), token("a").refresh_token)

    owners = {(found.stat().st_uid, found.stat().st_gid) for found in public_path.parent.iterdir()}
    assert owners == {(NOBODY, NOBODY)}
    code = (
        "import sys; from openab_auth.storage import *; s = FileStore(sys.argv[1]);"
        "renewed = s.read()['a'].access_token.reveal();"
        "s.update(lambda d: d.pop('a')); s.check_writable(); print(renewed, list(s.read()))"
    )
    assert run(code, public_path, as_nobody=True) == "renewed ['codex']"


def test_root_keeps_the_owner_of_a_file_that_belongs_to_another_user(store: FileStore, path: Path) -> None:
    """Without root's rights the file stays its own user's, which is the same promise."""
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
    """Most often root once made the folder; its sidecar cannot even be looked at, or is not there yet."""
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
    """Case 17: most often root once ran the program."""
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


def test_root_gives_a_lock_that_it_left_behind_to_whose_folder_it_lies_in(public_path: Path) -> None:
    """As when it was killed between making the file and giving it away."""
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
    """A folder of root's that another user would like to have, beside the one where that user may do anything."""
    os.chown(public_path.parent, NOBODY, NOBODY)
    folder = public_path.parent.parent / "of-root"
    folder.mkdir(0o755)
    return folder


def link(place: Path, target: Path) -> None:
    place.symlink_to(target)
    os.lchown(place, NOBODY, NOBODY)


def ask_all(store: FileStore) -> list[str]:
    """What root is told when it does everything that makes a file."""
    told = []
    for act in (
        lambda: store.update(lambda draft: (draft.update(codex=token()), draft.notes.update(codex=Note("x")))),
        lambda: store.spill("codex", token(value="renewed"), token().refresh_token),
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
    """Where hard links are not protected, a user may give a file of root's the name of a lock."""
    if os.geteuid() != 0:
        return  # only root can give files away
    secret = roots_folder(public_path) / "secret"
    secret.write_text("")
    os.link(secret, public_path.with_name("auth.json.global.lock"))

    FileStore(public_path).update(put("codex", token()))

    assert secret.stat().st_uid == 0


def test_what_root_keeps_of_a_damaged_file_belongs_to_whose_file_it_was(public_path: Path) -> None:
    """Else a user could have root copy any file of root's."""
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


def test_a_folder_that_a_user_swaps_for_a_link_all_the_time_costs_root_nothing(
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
