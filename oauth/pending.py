"""Pending logins among the entries: begun, found, taken once, put back; whatever takes a draft runs locked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from oauth.errors import NoPendingLoginError, TooManyLoginsError, TooManyWaitError
from oauth.paste import Paste
from storage.draft import Draft
from storage.entries import PENDING_LIFETIME, Entry, PendingEntry, UserId, pending_key

MOST: Final = 20_000  # pending logins of all people together; each locked write sweeps those that are over
_PREFIX: Final = "pending:"
_ID: Final = re.compile(r"[0-9]{1,20}")  # a Discord user's id


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A login link that was handed out and waits for its paste or its approval; times in unix seconds."""

    vendor: str
    user: UserId
    created_at: int
    expires_at: int


def begin(draft: Draft, user: UserId, entry: PendingEntry, *, limit: int, now: float) -> None:
    """Write the pending login; a former one of this person at this vendor is replaced.

    Raises:
        TooManyLoginsError: the person has `limit` others.
        TooManyWaitError: all people together have `MOST` others.
    """
    key, whose = pending_key(entry.provider_name, user), f":{user}"
    others = [(name, there) for name, there in draft.items() if isinstance(there, PendingEntry) and name != key]
    mine = {name: there for name, there in others if name.endswith(whose)}
    if sum(1 for _ in live(mine, now, user)) >= limit:
        raise TooManyLoginsError(limit)
    if len(others) >= MOST and sum(1 for _ in live(dict(others), now)) >= MOST:
        raise TooManyWaitError(MOST)
    draft[key] = entry


def live(
    entries: Mapping[str, Entry], now: float, user: UserId | None = None
) -> Iterator[tuple[PendingLogin, PendingEntry]]:
    """The pending logins that can still be finished, of one person or of all."""
    for key, entry in entries.items():
        if not isinstance(entry, PendingEntry) or not (login := owned(key, entry)):
            continue
        if now < login.expires_at and user in (None, login.user):
            yield login, entry


def owned(key: str, entry: PendingEntry) -> PendingLogin | None:
    """Return the pending login that lies under `key`, or None where the key names no person."""
    owner = _owner(key)
    return PendingLogin(*owner, entry.created_at, _ends_at(entry)) if owner else None


def waits(entries: Mapping[str, Entry], login: PendingLogin, entry: PendingEntry) -> bool:
    """Whether the pending login that was read as `entry` is still there."""
    there = entries.get(pending_key(login.vendor, login.user))
    return isinstance(there, PendingEntry) and there.state == entry.state


def belonging(
    mine: list[tuple[PendingLogin, PendingEntry]], paste: Paste, vendor: str | None
) -> tuple[PendingLogin, PendingEntry]:
    """The login whose state the paste carries, else the newest one: against it the paste is then explained."""
    if not mine:
        raise NoPendingLoginError(vendor)
    matching = [pair for pair in mine if paste.has_state(pair[1].state)]
    return matching[0] if matching else max(mine, key=lambda pair: pair[0].created_at)


def take(draft: Draft, vendor: str, user: UserId, entry: PendingEntry, *, now: float) -> None:
    """Remove the pending login that was read as `entry`: whoever does that, and nobody else, may post its code.

    Raises:
        NoPendingLoginError: it was taken, cancelled or replaced in between, or is too old now.
    """
    key = pending_key(vendor, user)
    there = draft.get(key)
    if not isinstance(there, PendingEntry) or there.state != entry.state or now >= there.created_at + PENDING_LIFETIME:
        raise NoPendingLoginError(vendor)
    del draft[key]


def put_back(draft: Draft, vendor: str, user: UserId, entry: PendingEntry) -> None:
    """Undo `take`, for a code that never left; a login begun since then stays."""
    draft.setdefault(pending_key(vendor, user), entry)


def _ends_at(entry: PendingEntry) -> int:
    """The end of our lifetime, or of the vendor's code where that comes first."""
    latest, said = entry.created_at + PENDING_LIFETIME, entry.extra.get("expires_at")
    return min(said, latest) if type(said) is int else latest


def _owner(key: str) -> tuple[str, UserId] | None:
    """Vendor and person of `pending:<vendor>:<user>`; a vendor's name may hold colons itself (`mcp:<server>`)."""
    vendor, _, user = key.removeprefix(_PREFIX).rpartition(":")
    if not key.startswith(_PREFIX) or not vendor or not _ID.fullmatch(user):
        return None
    return vendor, UserId(int(user))
