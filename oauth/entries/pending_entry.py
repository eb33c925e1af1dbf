"""The stored entries of pending logins. Functions that take a draft run under the store's lock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.oauth.entries.generation import generation_of_pending
from openab_auth.oauth.errors import NoPendingLoginError, TooManyLoginsError, TooManyWaitError
from openab_auth.storage.entries import PENDING_LIFETIME, Entry, PendingEntry, UserId, pending_key
from openab_auth.storage.records.notes import Begun, Note

if TYPE_CHECKING:
    from openab_auth.storage.commit.draft import Draft

MOST_PENDING: Final = 20_000  # pending logins of all people together; each write removes the expired ones
_PREFIX: Final = "pending:"
_ID: Final = re.compile(r"[0-9]{1,20}")  # a Discord user's id


class PendingLogin(NamedTuple):
    """A login link that was handed out and waits for its paste or its approval; times in unix seconds.

    `vendor` names the account: `codex`, or with a label `codex@team`. `generation` tells it from every other pending
    login of this person there. `begun` comes from its note, where the note was read.
    """

    vendor: str
    user: UserId
    created_at: int
    expires_at: int
    generation: str = ""
    begun: Begun = Begun()


def begin(  # noqa: PLR0913 - the login, its note and two limits
    draft: Draft, user: UserId, entry: PendingEntry, begun: Begun, *, limit: int, now: float
) -> None:
    """Write a pending login and its note; replace an earlier pending login of this person at this vendor.

    Raises:
        TooManyLoginsError: the person has `limit` other pending logins.
        TooManyWaitError: all people together have `MOST_PENDING` other pending logins.
    """
    key, whose = pending_key(entry.provider_name, user), f":{user}"
    others = [(name, there) for name, there in draft.items() if isinstance(there, PendingEntry) and name != key]
    mine = {name: there for name, there in others if name.endswith(whose)}
    if sum(1 for _ in unexpired(mine, now, user)) >= limit:
        raise TooManyLoginsError(limit)
    if len(others) >= MOST_PENDING and sum(1 for _ in unexpired(dict(others), now)) >= MOST_PENDING:
        raise TooManyWaitError(MOST_PENDING)
    _write(draft, key, entry, begun)


def describe(vendor: str, user: UserId, entry: PendingEntry, note: Note | None = None) -> PendingLogin:
    """Return the pending login in `entry`; `note` is its own."""
    begun = (note and note.begun) or Begun()
    return PendingLogin(vendor, user, entry.created_at, _ends_at(entry), generation_of_pending(entry), begun)


def unexpired(
    entries: Mapping[str, Entry],
    now: float,
    user: UserId | None = None,
    notes: Mapping[str, Note] = MappingProxyType({}),
) -> Iterator[tuple[PendingLogin, PendingEntry]]:
    """Yield the pending logins that can still be finished, of one person or of everybody."""
    for key, entry in entries.items():
        if not isinstance(entry, PendingEntry) or not (login := read_pending(key, entry, notes.get(key))):
            continue
        if now < login.expires_at and user in (None, login.user):
            yield login, entry


def read_pending(key: str, entry: PendingEntry, note: Note | None = None) -> PendingLogin | None:
    """Return the pending login stored under `key`, or None if the key names no person."""
    owner = _owner(key)
    return describe(*owner, entry, note) if owner else None


def is_waiting(entries: Mapping[str, Entry], login: PendingLogin, entry: PendingEntry) -> bool:
    """Return whether the pending login that was read as `entry` is still there."""
    there = entries.get(pending_key(login.vendor, login.user))
    return isinstance(there, PendingEntry) and there.state == entry.state


def take(draft: Draft, vendor: str, user: UserId, entry: PendingEntry, *, now: float) -> None:
    """Remove the pending login that was read as `entry`; only the caller who removed it may post its code.

    Raises:
        NoPendingLoginError: it was taken, cancelled or replaced meanwhile, or it is too old.
    """
    key = pending_key(vendor, user)
    there = draft.get(key)
    if not isinstance(there, PendingEntry) or there.state != entry.state or now >= there.created_at + PENDING_LIFETIME:
        raise NoPendingLoginError(vendor)
    del draft[key]


def put_back(draft: Draft, login: PendingLogin, entry: PendingEntry) -> bool:
    """Undo `take`, for a code that is certainly unused; return False if a login that began since then stays."""
    key = pending_key(login.vendor, login.user)
    if key in draft:
        return False
    _write(draft, key, entry, login.begun)
    return True


def _write(draft: Draft, key: str, entry: PendingEntry, begun: Begun) -> None:
    draft[key] = entry
    draft.notes.pop(key, None)
    if begun != Begun():
        draft.notes[key] = Note(begun=begun)


def _ends_at(entry: PendingEntry) -> int:
    """Return the end of our own lifetime, or of the vendor's code if that comes first."""
    latest, said = entry.created_at + PENDING_LIFETIME, entry.extra.get("expires_at")
    return min(said, latest) if type(said) is int else latest


def _owner(key: str) -> tuple[str, UserId] | None:
    """Return vendor and person of `pending:<vendor>:<user>`; a vendor's name may contain colons (`mcp:<server>`)."""
    vendor, _, user = key.removeprefix(_PREFIX).rpartition(":")
    if not key.startswith(_PREFIX) or not vendor or not _ID.fullmatch(user):
        return None
    return vendor, UserId(int(user))
