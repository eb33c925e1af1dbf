"""Explain errors of the database: what happened, and the operator's repair.

The codes are those of appendix A of PostgreSQL's documentation (SQLSTATE). Messages in other languages choose their
sentence by the `name` of the fault. Only the primary message of the server is shown: its details may quote a row.
"""

from __future__ import annotations

from typing import Final

import psycopg

from openab_auth.storage.errors import StorageError, StoreBusyError, StoreUnreadableError, StoreUnwritableError
from openab_auth.storage.file_faults import FaultError, FileFault

SILENT: Final = FileFault(
    "database-silent",
    "the database did not answer in time",
    "see whether its host is reachable and not overloaded, then try again",
)
AWAY: Final = FileFault(
    "database-away",
    "",
    "see whether the database runs and whether its address in [store] url is right, then try again",
)
_RESTARTING: Final = FileFault("database-restarting", "", "wait until the database accepts connections, then try again")
_REFUSED: Final = FileFault(
    "database-refused",
    "",
    "correct the user or the password (PGPASSFILE or [store] url_file), or pg_hba.conf of the server",
)
NO_STORE: Final = FileFault(
    "no-store",
    "",
    "make the store with `openab-auth store init`, or correct the database or [store] schema",
)
OLD_SCHEMA: Final = FileFault(
    "old-schema", "", "let the owner of the store run `openab-auth store init`, which migrates it"
)
NEW_SCHEMA: Final = FileFault("new-schema", "", "upgrade this program to the version that made the store")
_NO_RIGHTS: Final = FileFault(
    "database-rights",
    "",
    "let the owner of the store run `openab-auth store init --grant ROLE` for this role",
)
_TOO_MANY: Final = FileFault(
    "database-connections",
    "",
    "raise max_connections of the server, or put a pooler in transaction mode before it",
)
_FULL: Final = FileFault("database-full", "", "free disk space on the host of the database, then try again")
_READ_ONLY: Final = FileFault(
    "database-read-only",
    "a standby, or a server that was made read-only, takes no commit",
    "give the address of the primary server in [store] url (target_session_attrs=read-write finds it)",
)
_BROKEN: Final = FileFault(
    "database-broken", "", "look at the log of the database and check its disk; save a copy of the store"
)
_OTHER: Final = FileFault("other", "", "look at the log of the database, then try again")

_BY_CODE: Final = {
    "28": _REFUSED,
    "3D000": NO_STORE,
    "3F000": NO_STORE,
    "42P01": NO_STORE,
    "42703": NO_STORE,
    "42501": _NO_RIGHTS,
    "53300": _TOO_MANY,
    "53100": _FULL,
    "53": _TOO_MANY,
    "25006": _READ_ONLY,
    "57P01": _RESTARTING,
    "57P02": _RESTARTING,
    "57P03": _RESTARTING,
    "58": _BROKEN,
    "XX": _BROKEN,
    "08": AWAY,
}
FAULTS: Final = (
    *(SILENT, AWAY, NO_STORE, OLD_SCHEMA, NEW_SCHEMA),
    *(_RESTARTING, _REFUSED, _NO_RIGHTS, _TOO_MANY, _FULL, _READ_ONLY, _BROKEN),
)
"""All faults with a sentence of their own in the languages of the bot."""
_BUSY: Final = frozenset({"55P03", "57014", "25P03", "40P01", "40001"})


def is_unreachable(error: psycopg.Error) -> bool:
    """Return whether the database could not be asked at all, so that it has said nothing about the store."""
    return _fault(error) in {SILENT, AWAY, _RESTARTING, _TOO_MANY}


def unreadable(shown: str, error: psycopg.Error) -> StoreUnreadableError:
    """Return the error for a store that could not be read."""
    return StoreUnreadableError(shown, _explained(error))


def unwritable(shown: str, error: psycopg.Error, waited: float) -> StorageError:
    """Return the error for a commit that failed; `waited` is the number of seconds that it waited for a lock."""
    if error.sqlstate in _BUSY:
        return StoreBusyError(f"on the row of {shown}", waited, "look for long transactions in pg_stat_activity")
    return StoreUnwritableError(shown, _explained(error))


def _explained(error: psycopg.Error) -> FaultError:
    fault = _fault(error)
    said = error.diag.message_primary or _first_line(error)
    if fault is SILENT:
        said = fault.meaning
    elif fault.meaning:
        said = f"{said}: {fault.meaning}"
    return FaultError(None, said, fault)


def _fault(error: psycopg.Error) -> FileFault:
    if isinstance(error, psycopg.errors.ConnectionTimeout | psycopg.errors._WaitTimeout):  # noqa: SLF001 - it has no other name
        return SILENT
    code = error.sqlstate
    if code is None:  # the client's side of the connection
        return _pooler_fault(error) or (AWAY if isinstance(error, psycopg.OperationalError) else _OTHER)
    return _BY_CODE.get(code) or _BY_CODE.get(code[:2]) or _OTHER


def _pooler_fault(error: psycopg.Error) -> FileFault | None:
    """Return the fault in a message that arrived before a connection was made; libpq keeps only its text."""
    text = str(error)
    if "too many clients" in text or "no more connections" in text or "remaining connection slots" in text:
        return _TOO_MANY
    if "authentication failed" in text or "no password supplied" in text or "pg_hba.conf" in text:
        return _REFUSED
    if 'role "' in text and "does not exist" in text:
        return _REFUSED
    if "database" in text and "does not exist" in text:
        return NO_STORE
    if "is starting up" in text or "is shutting down" in text or "in recovery mode" in text:
        return _RESTARTING
    return None


def _first_line(error: psycopg.Error) -> str:
    """Return the first line of libpq's text, which names hosts and users but no password."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__
