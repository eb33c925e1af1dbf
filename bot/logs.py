"""Structured logs on standard error: one JSON object on each line, without secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

# At DEBUG these loggers print whole events, with pasted redirects and interaction tokens.
LEAKY_LOGGERS = ("discord.gateway", "discord.webhook.async_", "discord.http", "httpcore2", "authlib")
# At INFO this logger repeats each request with its whole address.
TALKATIVE_LOGGERS = ("httpx2",)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time (RFC 3339, UTC), level, logger, message, and the exception if any.

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
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=self._ascii)


def set_up_logs(level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Log to `stream` from `level` on; loggers that would print codes and tokens stay at INFO or above."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(ascii_only=not (stream.encoding or "utf-8").lower().startswith("utf")))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in LEAKY_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
