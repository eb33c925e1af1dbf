"""Real processes for claims about locks and rights; storage's conftest has the fixtures that start them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOBODY = 65534
Start = Callable[..., "subprocess.Popen[str]"]
DROP_ROOT = (  # everything is imported first: the interpreter itself may lie in a folder that nobody else may enter
    "import os, asyncio, openab_auth.storage.async_store, openab_auth.storage.memory, filelock\n"
    f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
)


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that the process prints."""
    assert process.stdout is not None
    return process.stdout.readline()
