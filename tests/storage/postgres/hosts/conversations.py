"""A process that has a store open, and evaluates what a test sends to it, line by line."""

from __future__ import annotations

import subprocess

from tests.storage.postgres.places import OPEN
from tests.storage.processes import line_of

LISTENER = (
    OPEN
    + """
from openab_auth.storage.postgres import leases
from tests.storage.entries import put, token

store = opened(sys.argv[1])
lease = store.lease("codex")
for line in sys.stdin:
    try:
        print(repr(eval(line)), flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""
)


def ask(process: subprocess.Popen[str], code: str) -> str:
    """Return the repr of what the code gives in the process, or the name of the error that it raises."""
    send(process, code)
    return line_of(process).strip()


def send(process: subprocess.Popen[str], code: str) -> None:
    """Let the process evaluate the code; its answer is the next line."""
    assert process.stdin is not None
    process.stdin.write(f"{code}\n")
    process.stdin.flush()
