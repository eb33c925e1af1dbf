"""`audit`: show the lines of the audit log of this host."""

from __future__ import annotations

import argparse
import os
import time
from typing import Final

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.oauth.audit import audit_path, read_audit
from openab_auth.oauth.errors import one_line

_SHOWN: Final = (  # after the time, the program, the event and the outcome
    "account",
    "user",
    "person",
    "uid",
    "client",
    "guild",
    "channel",
    "thread",
    "incident",
    "logins",
    "pending",
    "count",
    "people",
)
_LONGEST: Final = 200  # characters of a value


def audit(arguments: argparse.Namespace) -> int:
    """Print the lines since some time, those of one person if one is named.

    Raises:
        AuditUnreadableError: a file of the log cannot be read.
        ConfigError: the config has mistakes in `[store]`.
    """
    path = audit_path(str(find_location(arguments)), os.environ)
    user = None if arguments.user is None else str(arguments.user)

    def is_wanted(line: dict[str, object]) -> bool:
        people = line.get("people")
        named = people if isinstance(people, dict) else {}
        return user is None or user in {str(line.get("user")), str(line.get("person")), *named}

    found = read_audit(path, time.time() - arguments.since, is_wanted)
    text = "\n".join(map(_told, found.lines)) or f"no lines in {path}; each host has an audit log of its own"
    print_result({"file": str(path), "lines": found.lines}, text, as_json=arguments.json)
    if found.damaged:
        consoles.tell(f"openab-auth: {found.damaged} lines are damaged and not shown\n")
    for skipped in found.skipped:
        consoles.tell(f"openab-auth: {consoles.escape(one_line(skipped, longest=1000))}\n")
    return DONE


def _told(line: dict[str, object]) -> str:
    """Return a line for a person; no value can forge a second one."""
    at, via, event, outcome = (_value(line.get(name)) for name in ("time", "via", "event", "outcome"))
    words = [f"{at[:19].replace('T', ' ')}Z {via:<7} {event:<10} {outcome:<12}"]
    words += [f"{name} {_value(line[name])}" for name in _SHOWN if line.get(name) is not None]
    if isinstance(took := line.get("duration_ms"), int):
        words.append(f"{took / 1000:.1f} s")
    return " ".join(words)


def _value(value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    elif isinstance(value, dict):
        value = ", ".join(f"{name}: {number}" for name, number in value.items())
    return one_line("-" if value is None else str(value), longest=_LONGEST) or "-"
