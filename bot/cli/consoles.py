"""Write to the person's console so that no output can undo or hide what a command has done.

A console may lack characters (`LANG=C`, code page 1252), be closed (`>&-`), be full, or have lost its reader.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from typing import TextIO

from openab_auth.storage.errors import OpenabAuthError


class OutputLostError(OpenabAuthError):
    """The result could not be written; the work of the command is done."""

    code = "output_lost"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the result could not be written ({reason})",
            kept="the work of the command is done",
            todo="correct where its output goes, and look at `openab-auth status`",
        )


def open_consoles() -> None:
    """Open closed standard streams on the null device, and escape characters that an encoding lacks.

    A closed descriptor 1 would otherwise become that of the next file that is opened, such as the credential file.
    """
    for number, name, mode, errors in (
        (0, "stdin", "r", "replace"),
        (1, "stdout", "w", "backslashreplace"),
        (2, "stderr", "w", "backslashreplace"),
    ):
        stream = getattr(sys, name)
        if stream is None:
            _open_null(number)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors=errors, closefd=False))
        elif isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(io.UnsupportedOperation):  # a program that calls `main` has read from it already
                stream.reconfigure(errors=errors)


def can_show(text: str, stream: TextIO) -> bool:
    """Return whether the stream is UTF-8, as readers of JSON expect (RFC 8259), and a console shows each character."""
    return text.isprintable() and codecs.lookup(stream.encoding or "utf-8").name == "utf-8"


def escape(text: str) -> str:
    """Return lines with escapes for the characters that a console obeys or hides; other programs write keys, too."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c == "\n" or c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def write(text: str) -> None:
    """Write on standard output.

    Raises:
        BrokenPipeError: the reader has gone away, as `head` does.
        OutputLostError: the output could not be written.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        raise
    except (OSError, ValueError) as error:
        _discard(sys.stdout)
        reason = error.strerror if isinstance(error, OSError) else None
        raise OutputLostError(reason or type(error).__name__) from None


def tell(text: str) -> None:
    """Write on standard error; where that is impossible, there is nobody to tell."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        _discard(sys.stderr)


def _open_null(number: int) -> None:
    """Open the null device as this descriptor, which is closed."""
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _discard(stream: TextIO) -> None:
    """Send the rest of a stream to the null device: Python would report a failure once more while it exits."""
    try:
        number = stream.fileno()
        opened = os.open(os.devnull, os.O_WRONLY)
    except (OSError, ValueError):
        return
    os.dup2(opened, number)
    os.close(opened)
