"""Write the audit lines of a warm answer, as `bot.cli.audited` does for the full commands; a test compares the lines.

A line that cannot be written stops nothing and is not reported: agents may have no right to write there.
"""

import os
import time

from openab_auth.oauth.audit.text import is_repeated, text_of
from openab_auth.storage.disk.append import LOG_SUFFIX, open_to_append, tail_of


def place_of(store: str) -> str:
    """Return the path of the audit log of a credential file.

    Raises:
        ValueError: the environment names another place, and only the full command can judge it.
    """
    named = os.environ.get("OPENAB_AUTH_AUDIT", "")
    if named and (os.geteuid() == 0 or not named.startswith("/")):  # no link may lead root elsewhere
        raise ValueError
    return named or store + LOG_SUFFIX


def tell(place: str, event: str, accounts: list[str], thread: str) -> None:
    """Write a line for each account, at most one in a minute."""
    for account in accounts:
        fields: dict[str, object] = {"via": "cli", "event": event, "user": None, "uid": os.getuid()}
        fields |= {"thread": thread or None, "vendor": None, "account": account, "outcome": "ok", "duration_ms": 0}
        try:
            _append(place, text_of(time.time(), fields))
        except OSError:
            return


def _append(place: str, line: bytes) -> None:
    descriptor = open_to_append(place)
    try:
        if not is_repeated(line, tail_of(descriptor)):
            os.write(descriptor, line)
    finally:
        os.close(descriptor)
