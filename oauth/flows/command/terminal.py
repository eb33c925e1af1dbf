"""Run a program on its own pseudo-terminal: read its output, type its input, end its whole process group."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

_SIZE: Final = (50, 1000)  # rows and columns: no link is wrapped
_GRACE: Final = 2.0  # seconds between asking the group to end and ending it
_PIECE: Final = 65536
# Makes the terminal the controlling one, which only the first process of a session can, then becomes the program.
_BECOME: Final = "import fcntl,os,sys,termios;fcntl.ioctl(0,termios.TIOCSCTTY,0);os.execvp(sys.argv[1],sys.argv[1:])"


class Terminal:
    """One running program; `on_output` gets every piece of its output."""

    def __init__(self, process: asyncio.subprocess.Process, master: int, on_output: Callable[[bytes], None]) -> None:
        self._process = process
        self._master = master
        self._on_output = on_output
        self._drained = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    @classmethod
    async def start(
        cls, command: Sequence[str], environ: Mapping[str, str], on_output: Callable[[bytes], None], *, folder: str
    ) -> Terminal:
        """Start the program in its own session, in `folder`.

        Raises:
            OSError: the system has no terminal or no process left.
        """
        master, slave = os.openpty()
        try:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
            _no_echo(slave)
            os.set_blocking(master, False)
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                "-c",
                _BECOME,
                *command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=dict(environ),
                cwd=folder,
                start_new_session=True,
            )
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        return cls(process, master, on_output)

    def write(self, line: str) -> None:
        """Type a line and press Enter; nothing happens if the program has ended."""
        with suppress(OSError):
            os.write(self._master, line.encode() + b"\r")

    async def wait(self) -> int:
        """Return the exit status, once the program has ended and all of its output was read."""
        status = await self._process.wait()
        self._signal(signal.SIGKILL)  # processes that it left in its group
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await self._drained.wait()
        self._close()
        return status

    async def end(self) -> None:
        """End the whole process group, after a moment by force."""
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)
        try:
            async with asyncio.timeout(_GRACE):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self._signal(signal.SIGKILL)
            self._close()
        await self._process.wait()

    def _read(self) -> None:
        try:
            piece = os.read(self._master, _PIECE)
        except BlockingIOError:
            return
        except OSError:  # EIO: the last process has closed its end
            piece = b""
        if piece:
            self._on_output(piece)
        else:
            self._stop_reading()

    def _stop_reading(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        self._drained.set()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _close(self) -> None:
        if self._master >= 0:
            self._stop_reading()
            os.close(self._master)
            self._master = -1


def _no_echo(terminal: int) -> None:
    """Switch the echo off, so that typed text does not appear in the output."""
    attributes = termios.tcgetattr(terminal)
    attributes[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
