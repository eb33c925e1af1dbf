"""A file that nothing can replace is found before a token is spent: mounted alone, read-only, immutable, another's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, StoreUnwritableError
from tests.storage.entries import put, token
from tests.support.mounts import mounted, mounted_alone


@pytest.fixture
def kept(path: Path) -> FileStore:
    """A store with a login."""
    store = FileStore(path)
    store.update(put("codex", token()))
    return store


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


@pytest.mark.parametrize("beside", ["notes", "clients", "servers", "facts"])
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
    kept.spill("codex", token(value="renewed"), token())
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
def test_what_nobody_may_change_is_found_before_anything_is_spent(kept: FileStore, where: str) -> None:
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


def test_another_users_file_in_a_sticky_folder_is_found(public_path: Path, run: Callable[..., str]) -> None:
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
