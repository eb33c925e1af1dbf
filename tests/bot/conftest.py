"""The command line as scripts call it: a process of its own, with a home of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs `openab-auth` with these words in an empty home; `env` adds variables, `text` is its standard input."""

    def run_command(
        *words: object, text: str = "", env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        command = [Path(sys.executable).with_name("openab-auth"), *map(str, words)]
        return subprocess.run(
            command,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home)} | (env or {}),
            input=text,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run_command
