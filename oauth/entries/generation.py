"""The generation of a login: a short hash that tells it from the logins before and after it under the same key.

A person agrees to end or replace one login, not a login that comes later under the same key. Each new login has another
generation; a renewal by any program keeps it. The hash fits into a button, reveals no token and needs no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, TokenEntry
from openab_auth.storage.records.notes import Note

GENERATION_DIGITS: Final = 10  # hexadecimal digits


def generation_of(entry: Entry | None, note: Note | None) -> str:
    """Return the generation of the login in `entry`; empty where there is no login.

    It comes from the login's note. Where the note was lost, or another program made the login, it comes from the
    tokens. The next renewal then looks like another login, and the person is asked again.
    """
    if not isinstance(entry, LoginEntry):
        return ""
    if note is not None and note.generation:
        origin = f"noted {note.generation}"
    else:
        origin = f"token {(entry.refresh_token or entry.access_token).fingerprint()}"
    client = entry.token_endpoint if isinstance(entry, TokenEntry) else entry.client_id
    return _short("login", origin, client)  # a renewal changes neither the endpoint nor the client


def generation_together(generations: Iterable[str]) -> str:
    """Return one hash of the generations of several logins, in any order: it changes if any login of them does."""
    return _short("together", *sorted({*generations}))


def generation_of_pending(entry: PendingEntry) -> str:
    """Return the generation of a pending login; the note of the finished login keeps it."""
    return _short("pending", entry.verifier.fingerprint(), entry.state.fingerprint())


def _short(*parts: str) -> str:
    from hashlib import sha256  # noqa: PLC0415 - it loads OpenSSL, and `status` of logins alone needs no generation

    return sha256("\0".join(("openab-auth generation", *parts)).encode("utf-8", "surrogatepass")).hexdigest()[
        :GENERATION_DIGITS
    ]
