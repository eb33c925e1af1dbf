"""Commands that run while a test goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(home: Path) -> Iterator[Begin]:
    """Start `openab-auth`; do not wait for its end."""
    begun: list[subprocess.Popen[str]] = []

    def start(*words: str, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [str(Path(sys.executable).with_name("openab-auth")), *words]
        env = {"PATH": os.environ["PATH"], "HOME": str(home)}
        process = subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.PIPE, stderr=stderr, text=True)
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()
