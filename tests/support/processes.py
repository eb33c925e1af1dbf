"""Real processes for the claims about locks and rights; the fixtures that start them are in the conftest of storage."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOBODY = 65534
Start = Callable[..., "subprocess.Popen[str]"]
# A process that becomes another user imports everything before: its Python, or this checkout, may lie in a folder that
# only root can enter.
IMPORT_ALL = """
import importlib, os, pkgutil
def import_all(*packages):
    for package in map(importlib.import_module, packages):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
"""
DROP_ROOT = f"""{IMPORT_ALL}
import asyncio
import_all("openab_auth.storage", "filelock")
if os.geteuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
"""


def line_of(process: subprocess.Popen[str]) -> str:
    """What it prints next."""
    assert process.stdout is not None
    return process.stdout.readline()
