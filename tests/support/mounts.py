"""Files and folders that are mounted somewhere else, as a container sees them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def mounted(source: Path, place: Path, *options: str) -> Iterator[None]:
    """Mount a file or a folder at `place`, as `docker run -v` does; skip the test where nobody may."""
    command = ["mount", "--bind", str(source), str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount, and not in every container")
    try:
        if options:
            subprocess.run(["mount", "-o", f"remount,bind,{','.join(options)}", place], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@contextmanager
def mounted_alone(file: Path, host: Path) -> Iterator[None]:
    """Mount a copy of `file` over it; `host` is the path of the copy."""
    host.write_bytes(file.read_bytes())
    host.chmod(0o600)
    with mounted(host, file):
        yield
