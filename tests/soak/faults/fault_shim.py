"""The fault shim: system calls on the files of one folder fail, return less, or are the last of their process."""

from __future__ import annotations

import ctypes
import errno
import shutil
import subprocess
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("faults.c")
OPENING = ("open", "opendir")
WRITING = ("open", "write", "fsync", "rename")
ALL_BUT_CLOSE = (
    "open", "write", "read", "fsync", "rename", "unlink", "flock", "fchmod", "stat", "fstat", "utime", "access",
    "opendir",
)  # fmt: skip
ON_FILES = (*ALL_BUT_CLOSE, "close")
THREAD = ("thread",)  # starting a thread, whichever folder it works on
_NEVER = 10**9


class Way(IntEnum):
    """The effect on the call; the numbers are those of faults.c."""

    FAIL = 0
    SHORT = 1
    KILL = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """The calls number `first` and `times` - 1 more fail, or each with the probability `chance`."""

    name: str
    calls: tuple[str, ...]
    error: int = errno.EIO
    way: Way = Way.FAIL
    first: int = _NEVER
    times: int = 1
    chance: float = 0.0
    seed: int = 0


NO_FAULT = Fault("none", (*ON_FILES, *THREAD))


def compile_shim(folder: Path) -> Path:
    """Compile the shim into `folder`; skip the test where there is no gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("the fault shim is C, and there is no gcc here")
    library = folder / "faults.so"
    subprocess.run(
        [gcc, "-shared", "-fPIC", "-O0", "-w", "-o", str(library), str(_SOURCE), "-ldl", "-pthread"], check=True
    )
    return library


def arm(library: Path, folder: Path, fault: Fault, log: Path | None = None) -> None:
    """Let calls of this process on files of `folder` fail from now on; `library` is in its LD_PRELOAD.

    `log` gets a line for every call that counts; those that failed end with the word FAULT.
    """
    ctypes.CDLL(str(library)).faults_arm(
        str(folder).encode(),
        f",{','.join(fault.calls)},".encode(),
        ctypes.c_long(fault.first),
        ctypes.c_long(fault.times),
        ctypes.c_double(fault.chance),
        ctypes.c_uint(fault.seed),
        ctypes.c_int(fault.error),
        ctypes.c_int(fault.way),
        str(log).encode() if log else b"",
    )
