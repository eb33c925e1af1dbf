"""Logs on standard error: one line for each event, as text on a terminal and as JSON elsewhere, without secrets."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from openab_auth.storage.errors import OpenabAuthError

if TYPE_CHECKING:
    from openab_auth.oauth.config import LogFormat, LogSettings

# At DEBUG these loggers print whole events, with pasted redirects and interaction tokens.
LEAKY_LOGGERS = ("discord.gateway", "discord.webhook.async_", "discord.http", "httpcore2", "authlib")
# At INFO this logger repeats each request with its whole address.
TALKATIVE_LOGGERS = ("httpx2",)
_OURS: Final = "openab_auth"
_CONTINUED: Final = "    | "  # before each further line of a text, so that no name can forge a line
_LEAST: Final = 8  # characters of an exception's message; a shorter text could be a part of any word


class TextFormatter(logging.Formatter):
    """Formats a record for a person: time (UTC), level, logger and message; further lines are marked as such."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines, without the last line end."""
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        text = f"{time}.{int(record.msecs):03d}Z {record.levelname:<7} {record.name}: {_message(record)}"
        if record.exc_info:
            text += f"\n{_trace(record)}"
        first, *others = text.rstrip("\n").split("\n")
        return "\n".join([_escape(first), *(f"{_CONTINUED}{_escape(line)}" for line in others)])


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time (RFC 3339, UTC), level, logger, message, incident and exception.

    With `ascii_only`, other characters are escaped, for a stream whose encoding lacks them.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii = ascii_only

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, without its line end."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if incident := getattr(record, "incident", None):
            line["incident"] = str(incident)
        if record.exc_info:
            line["exception"] = _trace(record)
        text = json.dumps(line, ensure_ascii=self._ascii)
        return text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream, or to the standard error of the moment if none is given."""

    def __init__(self, stream: TextIO | None, style: LogFormat | None) -> None:
        super().__init__(stream or sys.stderr)
        self._follows = stream is None
        self._style = style
        self._choose()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        if self._follows and self.stream is not sys.stderr:
            self.stream = sys.stderr
            self._choose()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name of the library
        """Write a line about a record that could not be written; the library would print its words as they are."""
        error = sys.exc_info()[1]
        words = (record.name, f"{Path(record.pathname).name}:{record.lineno}", type(error).__name__)
        with suppress(Exception):  # a stream that is full or closed takes no other line either
            instead = logging.LogRecord(_OURS, logging.ERROR, "", 0, "a log line of %s (%s) was lost: %s", words, None)
            self.stream.write(self.format(instead) + self.terminator)
            self.flush()

    def _choose(self) -> None:
        if self._style == "text" or (self._style is None and self.stream.isatty()):
            self.setFormatter(TextFormatter())
        else:
            encoding = self.stream.encoding or "utf-8"
            self.setFormatter(JsonFormatter(ascii_only=not encoding.lower().startswith("utf")))


def set_up_logs(level: int = logging.INFO, stream: TextIO | None = None, *, style: LogFormat | None = None) -> None:
    """Log from `level` on, to standard error if no `stream` is given.

    Only our own loggers go below INFO: those of libraries would print codes and tokens.
    """
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, StderrHandler)]:
        root.removeHandler(handler)
    root.addHandler(StderrHandler(stream, style))
    root.setLevel(max(level, logging.INFO))
    logging.getLogger(_OURS).setLevel(level)
    for name in LEAKY_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def begin_logs(settings: LogSettings, *, verbose: bool) -> None:
    """Begin the logs of a program that runs for long, as the config says; `verbose` shows everything."""
    set_up_logs(logging.DEBUG if verbose else _level(settings), style=settings.format)


def begin_command_logs(settings: LogSettings, *, verbose: bool) -> None:
    """Begin the logs of a command: only warnings, because a person or a script waits for its result."""
    set_up_logs(logging.DEBUG if verbose else logging.WARNING, style=settings.format)


def _level(settings: LogSettings) -> int:
    return logging.getLevelNamesMapping()[settings.level.upper()]


def _message(record: logging.LogRecord) -> str:
    """Return the message; asyncio repeats an exception in it, whose words may hold an address with a code."""
    message = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is None or isinstance(error, OpenabAuthError):
        return message
    for words in (repr(error), str(error)):
        if len(words) >= _LEAST:
            message = message.replace(words, type(error).__name__)
    return message


def _trace(record: logging.LogRecord) -> str:
    """Return where each exception of the chain was raised, with the words of our own exceptions alone."""
    parts: list[str] = []
    error = record.exc_info[1] if record.exc_info else None
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        words = f": {error}" if isinstance(error, OpenabAuthError) else ""
        parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + words)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(reversed(parts))


def _escape(line: str) -> str:
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
