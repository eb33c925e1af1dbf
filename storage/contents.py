"""All that a store holds at one moment: its entries and its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import Entry, Json, McpEntry, PendingEntry, TokenEntry
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

    @classmethod
    def from_json(cls, found: object) -> Self:
        """Return the contents in a JSON object of `to_json`; kinds that this version does not know are left out.

        Raises:
            ValueError: it holds an entry or a record that cannot be read.
        """
        match found:
            case {"entries": str(text), "records": dict(records)}:
                decoded = codec.decode(text)
            case _:
                raise ValueError
        if decoded.damage:
            raise ValueError
        return cls(dict(decoded.entries), {kind.name: _records(kind, records.get(kind.name, {})) for kind in KINDS})

    def to_json(self) -> dict[str, Json]:
        """Return a JSON object that holds everything, also the secrets."""
        records: dict[str, Json] = {
            kind.name: {key: kind.to_json(record) for key, record in self.records[kind.name].items()} for kind in KINDS
        }
        return {"entries": codec.encode(self.entries), "records": records}

    @property
    def logins(self) -> int:
        """Return the number of logins."""
        return sum(not isinstance(entry, PendingEntry) for entry in self.entries.values())

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


def has_lost_refresh_token(held: Entry | None, whole: Entry) -> bool:
    """Return whether `held` is the same login as `whole`, without the refresh token that `whole` has."""
    if held is None or isinstance(held, PendingEntry) or isinstance(whole, PendingEntry):
        return False
    return has_refresh_token(whole) and not has_refresh_token(held) and held.access_token == whole.access_token


def _records(kind: RecordKind[Any], members: object) -> dict[str, Any]:
    if not isinstance(members, dict):
        raise ValueError  # noqa: TRY004 - for the caller, it is a damaged text
    read = {key: kind.from_json(value) for key, value in members.items()}
    if any(record is None for record in read.values()):
        raise ValueError
    return read
