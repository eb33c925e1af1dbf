"""Each fault of a file system has a sentence of its own: what happened, what was kept, and a repair that can help."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import FileStore, StorageError, StoreUnreadableError, StoreUnwritableError
from openab_auth.storage.file import ownership
from tests.storage.disks import filled
from tests.storage.entries import put, token
from tests.support.mounts import mounted, mounted_alone

# What each error must tell beside the system's own words, and what its repair must name.
TOLD = {
    errno.EACCES: ("no-rights", "permissions"),
    errno.EPERM: ("protected", "lsattr"),
    errno.ENOSPC: ("disk-full", "df -i"),
    errno.EDQUOT: ("quota-full", "quota"),
    errno.EROFS: ("read-only", "writable"),
    errno.EBUSY: ("mounted-alone", "mount the folder, not the file"),
    errno.ESTALE: ("stale", "mount its file system again"),
    errno.ENOTCONN: ("stale", "mount its file system again"),
    errno.EMFILE: ("too-many-files", "ulimit -n"),
    errno.ENFILE: ("too-many-files", "ulimit -n"),
    errno.ENAMETOOLONG: ("name-too-long", "shorter"),
    errno.ELOOP: ("link", "link points to"),
    errno.ENOTDIR: ("no-folder", "correct the path"),
    errno.EFBIG: ("too-large", "ulimit -f"),
    errno.EIO: ("disk-broken", "dmesg"),
    errno.ENOSYS: ("unsupported", "local disk"),
    errno.EOPNOTSUPP: ("unsupported", "local disk"),
}
NO_FLOCK = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP]


def name_of(number: int) -> str:
    return errno.errorcode[number]


def fail(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, number: int) -> None:
    """Let every call of this function fail with this error from now on."""

    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module, name, failing)


@pytest.fixture
def kept(path: Path) -> FileStore:
    """A store with a login, its note and the files beside it."""
    store = FileStore(path)
    store.update(put("codex", token()))
    return store


@pytest.mark.parametrize("number", TOLD, ids=name_of)
def test_a_failed_rename_says_what_can_be_done(kept: FileStore, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    before = kept.path.read_bytes()
    fail(monkeypatch, os, "replace", number)
    with pytest.raises(StoreUnwritableError) as refused:
        kept.update(put("lab", token("lab")))

    fault, repair = TOLD[number]
    assert refused.value.fault == fault
    assert os.strerror(number) in refused.value.happened
    assert repair in refused.value.todo
    assert refused.value.kept == "the file is unchanged"
    assert kept.path.read_bytes() == before


@pytest.mark.parametrize("number", [*TOLD, errno.ENOLCK], ids=name_of)
def test_every_fault_has_a_repair_where_a_file_is_read_too(path: Path, number: int) -> None:
    error = StoreUnreadableError(path, OSError(number, os.strerror(number)))

    assert error.fault == ("no-locks" if number == errno.ENOLCK else TOLD[number][0])
    assert os.strerror(number) in error.reason
    assert "make it readable" not in error.todo


def test_no_two_faults_have_the_same_repair(path: Path) -> None:
    told = {fault: StoreUnwritableError(path, OSError(number, "")).todo for number, (fault, _) in TOLD.items()}

    assert len(set(told.values())) == len(told)


@pytest.mark.parametrize("number", NO_FLOCK, ids=name_of)
def test_a_file_system_without_locks_is_told_of_by_every_lock(
    kept: FileStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """NFS without its lock service, Lustre without `flock`, and some file systems in user space."""
    fail(monkeypatch, fcntl, "flock", number)
    for attempt in (lambda: kept.update(put("lab", token("lab"))), kept.lease("codex").try_acquire):
        with pytest.raises(StoreUnwritableError, match="its file system has no locks") as refused:
            attempt()
        assert refused.value.fault == "no-locks"
        assert "move the store to a file system with flock" in refused.value.todo
    assert list(kept.read()) == ["codex"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, None], ids=str)
def test_nothing_is_written_where_modes_are_refused_or_ignored(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    """FAT refuses chmod(2) with EPERM; SMB and shared folders of virtual machines ignore it and show 0777."""
    real_open, real_fchmod = os.open, os.fchmod

    def shown_to_all(name: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        descriptor = real_open(name, flags, mode, dir_fd=dir_fd)
        if flags & os.O_CREAT:
            real_fchmod(descriptor, 0o777)
        return descriptor

    monkeypatch.setattr(os, "open", shown_to_all)
    if number is None:
        monkeypatch.setattr(os, "fchmod", lambda *_: None)
    else:
        fail(monkeypatch, os, "fchmod", number)
    store = FileStore(path)
    for attempt in (store.check_writable, lambda: store.update(put("codex", token()))):
        with pytest.raises(StoreUnwritableError, match="keeps no modes") as refused:
            attempt()
        assert refused.value.fault == "no-modes"
        assert "umask=077" in refused.value.todo
        assert "file_mode=0600" in refused.value.todo
    assert not path.exists()


def test_a_file_system_whose_files_are_for_their_owner_anyway_is_good_enough(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAT with umask=077 shows 0700 and refuses 0600."""
    real_open, real_fchmod = os.open, os.fchmod

    def executable(name: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        descriptor = real_open(name, flags, mode, dir_fd=dir_fd)
        if flags & os.O_CREAT:
            real_fchmod(descriptor, 0o700)
        return descriptor

    monkeypatch.setattr(os, "open", executable)
    fail(monkeypatch, os, "fchmod", errno.EPERM)
    store = FileStore(path)
    store.update(put("codex", token()))
    store.check_writable()

    assert store.read()["codex"] == token()


def test_the_repair_of_a_mode_is_no_chmod_where_that_cannot_help(
    kept: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.path.chmod(0o777)
    assert {problem.repair for problem in kept.problems()} == {f"chmod 600 {kept.path}"}

    monkeypatch.setattr("openab_auth.storage.file.mounts._WITHOUT_MODES", _kinds_here())
    (problem,) = kept.problems()
    assert "can be read by others" in problem.what
    assert "umask=077" in problem.repair


def _kinds_here() -> set[bytes]:
    try:
        mounts = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        pytest.skip("this system does not list its mounts")
    return {line.partition(b" - ")[2].split(b" ")[0] for line in mounts}


def test_a_full_disk_and_one_without_inodes_are_told_of_by_name(disk: Path) -> None:
    store = FileStore(disk / "auth.json")
    store.update(put("codex", token()))
    subprocess.run(["mount", "-o", "remount,nr_inodes=4", disk], check=True)
    for attempt in (store.check_writable, lambda: store.update(put("lab", token("lab")))):
        with filled(disk), pytest.raises(StoreUnwritableError, match="No space left") as refused:
            attempt()
        assert refused.value.fault == "disk-full"
    used = list(_use_up_inodes(disk))
    with pytest.raises(StoreUnwritableError, match="No space left") as refused:
        store.check_writable()
    assert "df -i" in refused.value.todo
    for one in used:
        one.unlink()
    store.check_writable()


def _use_up_inodes(disk: Path) -> Iterator[Path]:
    for number in range(100):
        try:
            (disk / f"more-{number}").touch()
        except OSError:
            return
        yield disk / f"more-{number}"


def test_a_file_mounted_by_itself_is_found_before_anything_is_spent(kept: FileStore, tmp_path: Path) -> None:
    """The rename over a mount point is EBUSY: the host's file would keep the spent token."""
    with mounted_alone(kept.path, tmp_path / "host.json"):
        store = FileStore(kept.path)
        for attempt in (store.check_writable, lambda: store.update(put("lab", token("lab")))):
            with pytest.raises(StoreUnwritableError, match="mounted by itself") as refused:
                attempt()
            assert refused.value.fault == "mounted-alone"
            assert "mount the folder, not the file" in refused.value.todo
        (problem,) = [one for one in store.problems() if "mounted by itself" in one.what]
        assert "mount the folder, not the file" in problem.repair
        assert list(store.read()) == ["codex"]
        assert not list(kept.path.parent.glob("*.tmp.*"))
    kept.check_writable()


@pytest.mark.parametrize("beside", ["notes", "clients", "servers"])
def test_a_file_beside_the_store_that_is_mounted_by_itself_is_found_too(
    kept: FileStore, tmp_path: Path, beside: str
) -> None:
    place = kept.path.with_name(f"{kept.path.name}.{beside}")
    place.write_text("{}")
    place.chmod(0o600)
    with mounted_alone(place, tmp_path / "host.json"):
        with pytest.raises(StoreUnwritableError, match=rf"{beside} could not be written .*mounted by itself"):
            kept.check_writable()
        assert [one for one in kept.problems() if f"{place} could not be written" in one.what]
    kept.check_writable()


def test_a_spill_that_is_mounted_by_itself_is_found_too(kept: FileStore, tmp_path: Path) -> None:
    kept.spill("codex", token(value="renewed"), token().refresh_token)
    place = kept.path.with_name("auth.json.spill.codex")
    with mounted_alone(place, tmp_path / "host.json"), pytest.raises(StoreUnwritableError, match="mounted by itself"):
        kept.check_writable()


def test_a_mounted_folder_is_as_good_as_any_other(kept: FileStore, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    with mounted(kept.path.parent, place):
        store = FileStore(place / "auth.json")
        store.check_writable()
        store.update(put("lab", token("lab")))
        assert not store.problems()
    assert sorted(kept.read()) == ["codex", "lab"]


def test_a_folder_that_is_mounted_read_only_says_so(kept: FileStore, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    with mounted(kept.path.parent, place, "ro"):
        store = FileStore(place / "auth.json")
        for attempt in (store.check_writable, lambda: store.update(put("lab", token("lab")))):
            with pytest.raises(StoreUnwritableError, match="Read-only file system") as refused:
                attempt()
            assert (refused.value.fault, "without `:ro`" in refused.value.todo) == ("read-only", True)
        assert list(store.read()) == ["codex"]


def test_an_overlay_keeps_a_store_of_its_lower_layer(kept: FileStore, tmp_path: Path) -> None:
    """The image of a container may bring a store; its files are copied up when they are written."""
    for name in ("upper", "work", "merged"):
        (tmp_path / name).mkdir()
    layers = f"lowerdir={kept.path.parent},upperdir={tmp_path / 'upper'},workdir={tmp_path / 'work'}"
    merged = tmp_path / "merged"
    command = ["mount", "-t", "overlay", "-o", layers, "overlay", str(merged)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount an overlay, and not in every container")
    try:
        store = FileStore(merged / "auth.json")
        store.check_writable()
        store.update(put("lab", token("lab")))
        assert store.lease("codex").try_acquire()
        assert sorted(FileStore(store.path).read()) == ["codex", "lab"]
        assert not store.problems()
    finally:
        subprocess.run(["umount", "--lazy", merged], check=True)


@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_file_or_folder_that_nobody_may_change_is_found_before_anything_is_spent(kept: FileStore, where: str) -> None:
    """`chattr +i` stops root, too, and no mode shows it."""
    place = kept.path if where == "file" else kept.path.parent
    if os.geteuid() != 0 or subprocess.run(["chattr", "+i", place], check=False, capture_output=True).returncode:
        pytest.skip("only root may make a file immutable, and not on every file system")
    try:
        with pytest.raises(StoreUnwritableError, match="Operation not permitted") as refused:
            kept.check_writable()
        assert (refused.value.fault, "lsattr" in refused.value.todo) == ("protected", True)
    finally:
        subprocess.run(["chattr", "-i", place], check=True)
    kept.check_writable()


def test_another_users_file_in_a_sticky_folder_is_found_before_anything_is_spent(
    public_path: Path, run: Callable[..., str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    FileStore(public_path).update(put("codex", token()))
    public_path.parent.chmod(0o1777)
    public_path.chmod(0o644)
    public_path.with_name("auth.json.global.lock").chmod(0o666)
    told = run(
        "import sys\n"
        "from openab_auth.storage import *\n"
        "try:\n"
        "    FileStore(sys.argv[1]).check_writable()\n"
        "except StoreUnwritableError as error:\n"
        "    print(error)\n",
        public_path,
        as_nobody=True,
    )
    assert "Operation not permitted" in told
    assert "run this as the owner of the file" in told


def test_too_few_open_files_are_told_of_by_name(kept: FileStore) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(StorageError, match="Too many open files") as refused:
            kept.check_writable()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ulimit -n" in refused.value.todo


def test_a_name_that_is_too_long_is_told_of_by_name(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="name too long") as refused:
        FileStore(tmp_path / ("a" * 300)).update(put("codex", token()))
    assert "shorter" in refused.value.todo


def test_a_loop_of_links_is_told_of_by_name(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StorageError, match="loop of symbolic links") as refused:
        FileStore(tmp_path / "loop/auth.json").update(put("codex", token()))
    assert "link points to" in refused.value.todo


def test_a_mode_that_cannot_be_set_for_another_reason_is_told_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(path)
    store.update(put("codex", token()))
    fail(monkeypatch, os, "fchmod", errno.EIO)
    old = os.umask(0o777)
    try:
        with pytest.raises(StoreUnwritableError) as refused:
            store.check_writable()
    finally:
        os.umask(old)
    assert refused.value.fault == "disk-broken"
    assert ownership.PRIVATE == 0o600
