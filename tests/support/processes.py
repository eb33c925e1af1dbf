"""Real processes for the claims about locks and rights: imported as fixtures by the tests that need them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534
Start = Callable[..., "subprocess.Popen[str]"]
_DROP = (  # everything is imported first: the interpreter itself may lie in a folder that nobody else may enter
    "import os, asyncio, openab_auth.storage.async_store, openab_auth.storage.memory, filelock\n"
    f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start Python code in a process of its own."""
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


def line_of(process: subprocess.Popen[str]) -> str:
    """What it prints next."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.fixture
def run(start: Start) -> Callable[..., str]:
    """Run Python code in a process of its own, without root's rights if asked to, and give what it printed."""

    def run(code: str, *arguments: object, as_nobody: bool = False) -> str:
        process = start(_DROP + code if as_nobody else code, *arguments)
        out, err = process.communicate(timeout=30)
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
