"""Print the result or the error of a command, as text or as one JSON object."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TextIO

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.exit_status import status_of
from openab_auth.oauth.errors import ConfigError
from openab_auth.storage.errors import OpenabAuthError


def print_result(result: Mapping[str, object], text: str, *, as_json: bool) -> None:
    """Print `result` as one JSON object, or `text` for a person.

    Raises:
        BrokenPipeError, OutputLostError: the result could not be printed; the work of the command is done.
    """
    consoles.write(f"{_dumped(result, sys.stdout) if as_json else consoles.escape(text)}\n")


def print_error(error: OpenabAuthError, *, as_json: bool) -> int:
    """Print on standard error what happened, what was kept and what to do next; return the exit status."""
    if as_json:
        message = f"{error.happened}; {error.kept}"
        line = _dumped({"error": {"code": error.code, "message": message, "hint": error.todo}}, sys.stderr)
    else:
        line = "\n".join(map(consoles.escape, _lines(error)))
    consoles.tell(f"{line}\n")
    return status_of(error)


def _dumped(value: Mapping[str, object], stream: TextIO) -> str:
    """Return a JSON object in UTF-8, or else with escapes, which every encoding of a console has."""
    text = json.dumps(value, ensure_ascii=False)
    return text if consoles.can_show(text, stream) else json.dumps(value).replace("\x7f", r"\u007f")


def _lines(error: OpenabAuthError) -> list[str]:
    """Return the lines for a person: one, and one more for each mistake if a config has several."""
    if not (isinstance(error, ConfigError) and len(error.mistakes) > 1):
        return [f"openab-auth: {_one_line(str(error))}"]
    told = f"{error.file} has {len(error.mistakes)} mistakes; {error.kept}; {error.todo}"
    return [f"openab-auth: {_one_line(told)}", *(f"  {line}" for line in error.lines)]


def _one_line(text: str) -> str:
    return " ".join(text.split())
