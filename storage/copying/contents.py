"""What is copied of a store, and how a copy that was interrupted continues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import Entry, McpEntry, PendingEntry, TokenEntry
from openab_auth.storage.format import codec
from openab_auth.storage.reader import StoreReader
from openab_auth.storage.records import KINDS, RecordKind
from openab_auth.storage.secret import Secret

Records = Mapping[str, Mapping[str, Any]]  # the records of each kind, by the name of the kind


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries and the records of a store at one moment."""

    entries: Mapping[str, Entry] = field(repr=False)
    records: Records = field(repr=False)

    @classmethod
    def of(cls, store: StoreReader) -> Self:
        """Read a store."""
        return cls._from(store.read(), store.records)

    @classmethod
    def in_draft(cls, draft: Draft) -> Self:
        """Return the contents that a mutation sees under the lock of the store."""
        return cls._from(draft, draft.records)

    @classmethod
    def _from(cls, entries: Mapping[str, Entry], records: Callable[[RecordKind[Any]], Mapping[str, Any]]) -> Self:
        return cls(dict(entries), {kind.name: dict(records(kind)) for kind in KINDS})

    @property
    def renewable(self) -> tuple[str, ...]:
        """Return the tenants with a refresh token, in the order in which their leases are taken."""
        return tuple(sorted(key for key, entry in self.entries.items() if has_refresh_token(entry)))


def has_refresh_token(entry: Entry) -> bool:
    """Return whether this is a login that can be refreshed."""
    return not isinstance(entry, PendingEntry) and bool(entry.refresh_token)


def without_refresh_token(entry: TokenEntry | McpEntry) -> TokenEntry | McpEntry:
    """Return the login with its access token alone; the Rust agents read it as they read every login."""
    if isinstance(entry, TokenEntry):
        return replace(entry, refresh_token=Secret(""))
    reply = {name: value for name, value in (entry.token_response or {}).items() if name != "refresh_token"}
    return replace(entry, token_response=reply)


def fingerprint(key: str, entry: Entry) -> str:
    """Return a text that identifies an entry without showing it."""
    return sha256(codec.check(key, entry).encode()).hexdigest()


def merged(source: Contents, target: Mapping[str, Entry], filled: Mapping[str, list[str]]) -> dict[str, Entry]:
    """Return the entries that the target must have.

    `filled` has the fingerprints of what earlier runs wrote into the target, so that a login that a person has made
    there since stays, and a login that a person has ended in the source goes. A login whose refresh token an earlier
    run removed from the source is whole only in the target.
    """
    wanted: dict[str, Entry] = {}
    for key, entry in source.entries.items():
        held = target.get(key)
        is_ours = held is None or fingerprint(key, held) in filled.get(key, ())
        wanted[key] = entry if held is None or (is_ours and not _was_moved(entry, held)) else held
    made_there = {
        key: held
        for key, held in target.items()
        if key not in source.entries and fingerprint(key, held) not in filled.get(key, ())
    }
    return wanted | made_there


def _was_moved(entry: Entry, held: Entry) -> bool:
    """Return whether `held` is the same login as `entry`, with the refresh token that `entry` has lost."""
    if isinstance(entry, PendingEntry) or isinstance(held, PendingEntry):
        return False
    return has_refresh_token(held) and not has_refresh_token(entry) and held.access_token == entry.access_token
