"""Stores in temporary folders, with processes and small disks for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Secret, TokenEntry
from tests.storage.disks import SIZE
from tests.storage.entries import CANARY
from tests.storage.processes import DROP_ROOT, ROOT, Start
from tests.support.patience import PATIENCE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent" / "auth.json"


@pytest.fixture
def quick() -> Iterator[Path]:
    """Return a folder in memory if there is one, for tests with hundreds of commits and without power cuts."""
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of its own in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path)


@pytest.fixture
def token() -> Callable[..., TokenEntry]:
    """Make a login; every secret in it begins with the canary."""

    def make(tenant: str = "codex", *, access: str = "access", expires_at: int = 4_000_000_000) -> TokenEntry:
        return TokenEntry(
            access_token=Secret(f"{CANARY}-{access}"),
            refresh_token=Secret(f"{CANARY}-refresh"),
            expires_at=expires_at,
            token_endpoint="https://login.example.com/token",
            provider=tenant,
        )

    return make


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code in its own process."""
    running: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def run(start: Start) -> Callable[..., str]:
    """Run Python code in its own process, without root's rights if asked to; return its output."""

    def run(code: str, *arguments: object, as_nobody: bool = False) -> str:
        process = start(DROP_ROOT + code if as_nobody else code, *arguments)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        return out.strip()

    return run


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A store's path in a folder that every user may enter (pytest's own folders are for their owner alone)."""
    folder = Path(tempfile.mkdtemp(prefix="openab-auth-"))
    folder.chmod(0o755)
    (folder / "agent").mkdir(mode=0o755)
    yield folder / "agent" / "auth.json"
    shutil.rmtree(folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 256 KiB; skip the test if this is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system, and not in every container")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)
