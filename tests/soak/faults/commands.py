"""Run commands with faults, one after the other, through `command_process`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.soak.faults.fault_shim import NO_FAULT, Fault

ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Ran:
    """The end of one command: its output, and its calls on the folder, with a mark at each failed call."""

    status: int
    said: str
    calls: tuple[str, ...]

    @property
    def failed_call(self) -> str | None:
        """The first call that failed, or None when the command did not get so far."""
        return next((call.removesuffix(" FAULT") for call in self.calls if call.endswith(" FAULT")), None)

    def failed(self, name: str) -> bool:
        """Return whether a call of this name failed."""
        return any(call.startswith(f"{name} ") and call.endswith(" FAULT") for call in self.calls)


class Commands:
    """Runs commands in children of one process that has imported everything."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def running(cls, shim: Path) -> Iterator[Commands]:
        """Start the process, and end it after the block."""
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LD_PRELOAD": str(shim)}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.faults.command_process", str(shim)],
            cwd=shim.parent, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield cls(process)
        finally:
            process.kill()
            process.communicate()

    def run(self, *words: str, home: Path, folder: Path, fault: Fault = NO_FAULT) -> Ran:
        """Run one command; calls on files of `folder` meet the fault."""
        log, said = home / "calls", home / "said"
        log.unlink(missing_ok=True)
        asked = {
            "words": words,
            "fault": asdict(fault),
            "folder": str(folder),
            "log": str(log),
            "home": str(home),
            "said": str(said),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process that runs the commands has ended"
        calls = tuple(log.read_text().splitlines()) if log.exists() else ()
        return Ran(json.loads(answer)["status"], said.read_text(), calls)
