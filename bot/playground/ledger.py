"""What the page shows beside Discord: the store and the vendor's post, with every secret left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, TypedDict

from bot.playground.issuer import RequestSeen
from storage import Store
from storage.entries import NEVER, Entry, PendingEntry, TokenEntry
from storage.notes import Note
from storage.secret import Secret

_SHOWN_FIELDS: Final = frozenset({"grant_type", "client_id", "redirect_uri", "response_type", "scope"})
_LAST: Final = 50


class Fact(TypedDict):
    """A titled list of what is known about one thing."""

    title: str
    facts: dict[str, str]


def store_facts(store: Store) -> list[Fact]:
    """Every entry of the store; it blocks, so it belongs in a thread.

    Raises:
        StoreUnreadableError: as `Store.read`.
    """
    notes = store.notes()
    return [{"title": key, "facts": _entry(entry, notes.get(key))} for key, entry in sorted(store.read().items())]


def posted_facts(requests: Iterable[RequestSeen]) -> list[Fact]:
    """The last requests that the vendor got, newest first."""
    newest = list(requests)[-_LAST:]
    return [{"title": f"{seen.method} {seen.path}", "facts": _fields(seen.fields)} for seen in reversed(newest)]


def _entry(entry: Entry, note: Note | None) -> dict[str, str]:
    match entry:
        case TokenEntry():
            facts = {
                "kind": "login",
                "access_token": hidden(entry.access_token),
                "refresh_token": hidden(entry.refresh_token),
                "expires": _moment(entry.expires_at),
            }
        case PendingEntry():
            facts = {
                "kind": "pending login, waits for the paste",
                "state": hidden(entry.state),
                "verifier": hidden(entry.verifier),
                "begun": _moment(entry.created_at),
            }
        case _:
            facts = {"kind": "login at an MCP server"}
    if note is not None and note.account:
        facts["account"] = note.account
    if note is not None and note.dead is not None:
        facts["ended"] = note.dead.reason
    return facts


def _fields(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value if name in _SHOWN_FIELDS else hidden(Secret(value)) for name, value in fields.items()}


def hidden(secret: Secret) -> str:
    """A mark by which equal secrets are seen to be equal, and nothing more."""
    return f"(secret #{secret.fingerprint()[:6]})" if secret else "(none)"


def _moment(unix_seconds: int) -> str:
    if unix_seconds == NEVER:
        return "never"
    try:
        return datetime.fromtimestamp(unix_seconds, UTC).isoformat(sep=" ", timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return str(unix_seconds)
