"""Each fault of a file system has a sentence of its own: what happened, what was kept, and a repair that can help."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import FileStore, StorageError, StoreUnreadableError, StoreUnwritableError
from openab_auth.storage.disk import ownership
from tests.storage.disks import filled
from tests.storage.entries import put, token

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
    errno.EISDIR: ("not-a-file", "mount the folder of the store"),
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
    assert refused.value.kept == "the store is unchanged"
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


def test_a_file_system_that_is_for_its_owner_alone_is_good_enough(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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

    monkeypatch.setattr("openab_auth.storage.disk.mounts._WITHOUT_MODES", _kinds_here())
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


def test_a_folder_in_the_files_place_is_named_with_what_docker_does(path: Path) -> None:
    path.mkdir(parents=True)

    for touch in (FileStore(path).read, FileStore(path).check_writable):
        with pytest.raises(StoreUnreadableError, match="Docker makes a folder where a mounted") as error:
            touch()
        assert error.value.fault == "not-a-file"
