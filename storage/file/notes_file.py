"""The notes beside the credential file: `auth.json.notes`, without a secret; losing it loses no login."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from openab_auth.storage.entries import Json, UserId
from openab_auth.storage.file.record_files import RecordFile
from openab_auth.storage.records.notes import Begun, DeadToken, Note, RefreshAttempt, Subject

_LATEST: Final = 2**63  # unix seconds; Infinity and NaN, which json reads too, are no times


def _json(note: Note) -> dict[str, Json]:
    return {
        "account": note.account,
        "logged_in_by": note.logged_in_by,
        "logged_in_at": note.logged_in_at,
        "scopes": list(note.scopes),
        "dead": None if note.dead is None else asdict(note.dead),
        "attempt": None if note.attempt is None else asdict(note.attempt),
        "generation": note.generation,
        "subject": None if note.subject is None else asdict(note.subject),
        "begun": None if note.begun is None else asdict(note.begun),
    }


def _note(value: object) -> Note | None:
    """Read one note; a field that makes no sense is left out."""
    if not isinstance(value, dict):
        return None
    account, scopes = value.get("account"), value.get("scopes")
    by, at = _integer(value.get("logged_in_by")), _integer(value.get("logged_in_at"))
    return Note(
        account=account if isinstance(account, str) and account.isprintable() else None,
        logged_in_by=None if by is None else UserId(by),
        logged_in_at=at,
        scopes=tuple(scope for scope in scopes if isinstance(scope, str)) if isinstance(scopes, list) else (),
        dead=_dead(value.get("dead")),
        attempt=_attempt(value.get("attempt")),
        generation=generation if isinstance(generation := value.get("generation"), str) else None,
        subject=_subject(value.get("subject")),
        begun=_begun(value.get("begun")),
    )


def _dead(value: object) -> DeadToken | None:
    match value:
        case {"fingerprint": str(fingerprint), "reason": str(reason), "since": since, **others} if (
            _integer(since) is not None
        ):
            return DeadToken(fingerprint, reason, since, told=others.get("told") is True)
    return None


def _attempt(value: object) -> RefreshAttempt | None:
    match value:
        case {
            "fingerprint": str(fingerprint),
            "at": int() | float() as at,
            "reason": str(reason),
            "answered": bool(answered),
            "failures": int(failures),
            "not_before": int() | float() as not_before,
            **others,
        } if 0 <= at < _LATEST and 0 <= not_before < _LATEST:
            texts = {name: text for name in ("todo", "settings") if isinstance(text := others.get(name), str)}
            return RefreshAttempt(fingerprint, at, reason, answered, failures, not_before, **texts)
    return None


def _subject(value: object) -> Subject | None:
    match value:
        case {"ids": dict(ids), "fingerprint": str(fingerprint)} if all(isinstance(one, str) for one in ids.values()):
            return Subject(ids, fingerprint)
    return None


def _begun(value: object) -> Begun | None:
    match value:
        case {"replaces": str() | None as replaces, "guild": guild} if guild is None or _integer(guild) is not None:
            return Begun(replaces, guild)
    return None


def _integer(value: object) -> int | None:
    return value if type(value) is int else None


FILE: Final = RecordFile("notes", _note, _json)
