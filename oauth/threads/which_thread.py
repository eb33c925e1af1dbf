"""Find the thread in which an agent works: its own option, our variable, or the variables of openab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from openab_auth.oauth.errors import ThreadIdError
from openab_auth.storage.records.threads import ThreadId

THREAD_VARIABLE: Final = "OPENAB_AUTH_THREAD"
_OPENABS_VARIABLES: Final = ("OPENAB_THREAD_ID", "OPENAB_CHANNEL_ID")
_LONGEST_ID: Final = 20  # digits
_DISCORD: Final = "discord:"


def thread_in(environ: Mapping[str, str], named: int | str | None = None, place: str = "--thread") -> ThreadId | None:
    """Return the thread that was `named` at this `place`, otherwise that of the environment, otherwise None.

    openab names threads of other chat platforms in the same variables; those are no threads here.

    Raises:
        ThreadIdError: what was named, or our variable, is no id.
    """
    if named is None and THREAD_VARIABLE in environ:
        named, place = environ[THREAD_VARIABLE], THREAD_VARIABLE
    if named is not None:
        if not _is_id(text := str(named)):
            raise ThreadIdError(place)
        return ThreadId(int(text))
    channel = environ.get("OPENAB_CHANNEL_ID", "")
    texts = environ.get("OPENAB_THREAD_ID", ""), channel.removeprefix(_DISCORD) if channel.startswith(_DISCORD) else ""
    return next((ThreadId(int(text)) for text in texts if _is_id(text)), None)


def without_thread(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process that works in no thread, such as a broker for the agents of many threads."""
    return {key: value for key, value in environ.items() if key not in {THREAD_VARIABLE, *_OPENABS_VARIABLES}}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
