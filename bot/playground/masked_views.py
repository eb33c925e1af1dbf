"""Views of the store and of the vendor's requests for the page; every secret is masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from openab_auth.bot.playground.issuer import ReceivedRequest
from openab_auth.storage import Store
from openab_auth.storage.entries import NEVER, Entry, PendingEntry, TokenEntry
from openab_auth.storage.records.notes import Note
from openab_auth.storage.secret import Secret

_SHOWN_FIELDS: Final = frozenset(
    {"grant_type", "client_id", "redirect_uri", "response_type", "scope", "account", "other", "decision"}
)
_LAST: Final = 50


class EntryView(TypedDict):
    """One entry of the store; a number is a time in unix seconds."""

    title: str
    kind: str
    facts: dict[str, str | int]


class RequestView(TypedDict):
    """A request to the vendor and its reply (`status` 0: none yet); it came `times` times in a row, last at `at`."""

    title: str
    at: float
    times: int
    status: int
    error: str
    facts: dict[str, str]


def entry_views(store: Store) -> list[EntryView]:
    """Return a view of every entry of the store; this blocks, so call it in a thread.

    Raises:
        StoreUnreadableError: the store cannot be read.
    """
    notes = store.notes()
    return [_entry_view(key, entry, notes.get(key)) for key, entry in sorted(store.read().items())]


def request_views(requests: Iterable[ReceivedRequest]) -> list[RequestView]:
    """Return the last requests to the vendor, newest first; equal requests in a row share one view."""
    found: list[RequestView] = []
    for seen in list(requests)[-_LAST:]:
        posted: RequestView = {
            "title": f"{seen.method} {seen.path}",
            "at": seen.at,
            "times": 1,
            "status": seen.status,
            "error": seen.error,
            "facts": _fields(seen.fields),
        }
        if found and found[-1] | {"at": 0, "times": 0} == posted | {"at": 0, "times": 0}:
            posted["times"] = found.pop()["times"] + 1
        found.append(posted)
    return found[::-1]


def _entry_view(key: str, entry: Entry, note: Note | None) -> EntryView:
    facts: dict[str, str | int] = {}
    if note is not None and note.account:
        facts["account"] = note.account
    match entry:
        case TokenEntry():
            kind = "login"
            facts |= {
                "access_token": masked(entry.access_token),
                "refresh_token": masked(entry.refresh_token),
                "expires": _moment(entry.expires_at),
            }
        case PendingEntry():
            kind = "pending"
            facts |= {
                "state": masked(entry.state),
                "verifier": masked(entry.verifier),
                "begun": _moment(entry.created_at),
            }
        case _:
            kind = "mcp"
    if note is not None and note.dead is not None:
        kind = "dead"
        facts["ended"] = note.dead.reason
    return {"title": key, "kind": kind, "facts": facts}


def _fields(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value if name in _SHOWN_FIELDS else masked(Secret(value)) for name, value in fields.items()}


def masked(secret: Secret) -> str:
    """Return a text that shows only whether two secrets are equal."""
    return f"secret #{mark(secret)}" if secret else "none"


def mark(secret: Secret) -> str:
    """Return the start of the secret's fingerprint."""
    return secret.fingerprint()[:6]


def _moment(unix_seconds: int) -> int | str:
    return "never" if unix_seconds == NEVER else unix_seconds
