"""`auth.json.notes`: what we remember beside the logins; a lost or damaged file is an empty one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage import atomic
from storage.entries import UserId
from storage.notes import DeadToken, Note


def notes_path(path: Path) -> Path:
    """Where the notes of the credential file `path` lie."""
    return path.with_name(f"{path.name}.notes")


def read_notes(path: Path) -> dict[str, Note]:
    """The notes by tenant; what cannot be read is not there."""
    try:
        found = json.loads(notes_path(path).read_bytes())
        return {tenant: _note(fields) for tenant, fields in found["tenants"].items() if isinstance(fields, dict)}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}


def write_notes(path: Path, notes: Mapping[str, Note]) -> None:
    """Replace the notes, without waiting for the disk.

    Raises:
        StoreUnwritableError: the old ones are still there.
    """
    text = json.dumps({"version": 1, "tenants": {tenant: _plain(note) for tenant, note in notes.items()}}, indent=2)
    atomic.replace(notes_path(path), text.encode() + b"\n", durable=False)


def _note(fields: Mapping[str, Any]) -> Note:
    by, at, scopes, dead = (fields.get(name) for name in ("logged_in_by", "logged_in_at", "scopes", "dead"))
    account = fields.get("account")
    return Note(
        account=account if isinstance(account, str) else None,
        logged_in_by=UserId(int(by)) if isinstance(by, str) and by.isdigit() else None,
        logged_in_at=at if isinstance(at, int) else None,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
        dead=_dead(dead) if isinstance(dead, dict) else None,
    )


def _dead(fields: Mapping[str, Any]) -> DeadToken | None:
    fingerprint, reason, since = fields.get("fingerprint"), fields.get("reason"), fields.get("since")
    if isinstance(fingerprint, str) and isinstance(reason, str) and isinstance(since, int):
        return DeadToken(fingerprint, reason, since)
    return None


def _plain(note: Note) -> dict[str, object]:
    fields: dict[str, object] = {
        "account": note.account,
        "logged_in_by": None if note.logged_in_by is None else str(note.logged_in_by),
        "logged_in_at": note.logged_in_at,
        "scopes": list(note.scopes),
    }
    if note.dead is not None:
        fields["dead"] = {"fingerprint": note.dead.fingerprint, "reason": note.dead.reason, "since": note.dead.since}
    return fields
