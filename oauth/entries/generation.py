"""Which login is meant: a person agrees to end or replace one login, and not whatever lies under its name later.

A login that a person makes has another generation than the one before; a renewal, by whichever program, leaves it as it
is. No clock takes part in it. A generation is a short hash, so that a button can carry it; it tells no token.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from openab_auth.storage.entries import Entry, McpEntry, PendingEntry, TokenEntry
from openab_auth.storage.records.notes import Note

GENERATION_DIGITS: Final = 10  # hexadecimal


def generation_of(entry: Entry | None, note: Note | None) -> str:
    """Return the generation of the login in `entry`; empty where there is none.

    The note has it from the login's first step. Where that was lost, or another program made the login, the tokens
    stand for it: the next renewal then looks like another login, and the person is asked again.
    """
    if not isinstance(entry, TokenEntry | McpEntry):
        return ""
    if note is not None and note.generation:
        made = f"noted {note.generation}"
    else:
        made = f"token {(entry.refresh_token or entry.access_token).fingerprint()}"
    client = entry.token_endpoint if isinstance(entry, TokenEntry) else entry.client_id
    return _short("login", made, client)  # a renewal changes neither the endpoint nor the client


def generation_of_pending(entry: PendingEntry) -> str:
    """Return the generation of a pending login, which is also noted of the login that it becomes."""
    return _short("pending", entry.verifier.fingerprint(), entry.state.fingerprint())


def _short(*parts: str) -> str:
    return sha256("\0".join(("openab-auth generation", *parts)).encode("utf-8", "surrogatepass")).hexdigest()[
        :GENERATION_DIGITS
    ]
