"""Real processes for claims about locks and rights; storage's conftest has the fixtures that start them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.import_all import IMPORT_ALL

ROOT = Path(__file__).parents[2]
NOBODY = 65534
Start = Callable[..., "subprocess.Popen[str]"]
DROP_ROOT = f"""{IMPORT_ALL}
import asyncio
import_all("openab_auth.storage", "filelock")
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
"""


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that the process prints."""
    assert process.stdout is not None
    return process.stdout.readline()
