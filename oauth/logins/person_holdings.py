"""Read what one person has in the store: personal logins, pending logins, choices and agreements.

`claim_leave` marks it as handled, so that only one of several bots handles the leave of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.accounts import owner_of_login
from openab_auth.oauth.entries.generation import GENERATION_DIGITS, generation_of
from openab_auth.oauth.entries.pending_entry import PendingLogin, read_pending
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.entries import Entry, LoginEntry, PendingEntry, Tenant, UserId
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.threads import Agreement, ThreadChoices, ThreadRecord, agreement_key

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage.commit.draft import Draft

_SAME_LEAVE: Final = 600.0  # seconds within which several bots, and several servers, report that one person has left


@dataclass(frozen=True, slots=True)
class PersonHoldings:
    """Everything that one person has here.

    `logins` has the key of each personal login with its generation, and `pending` the vendor of each pending login with
    its generation. `records` are the choices of the person's own accounts and the agreements. `made` are the shared
    logins that the person made; they belong to everybody.
    """

    person: UserId
    logins: tuple[tuple[Tenant, str], ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    records: tuple[str, ...] = ()
    made: tuple[Tenant, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Return whether nothing here would end with this person."""
        return not (self.logins or self.pending or self.records)

    @property
    def key(self) -> str:
        """Return a short hash of everything that would end; it fits into a button and changes with each part."""
        from hashlib import sha256  # noqa: PLC0415 - as in `generation`

        parts = (str(self.person), *map("\0".join, (*self.logins, *self.pending)), *self.records)
        return sha256("\0\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:GENERATION_DIGITS]


def read_holdings(  # noqa: PLR0913, PLR0917 - the records of a store
    person: UserId,
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    threads: Mapping[str, ThreadRecord],
    catalogue: Catalogue,
    programs: Iterable[PendingLogin] = (),
) -> PersonHoldings:
    """Return what a person has; `programs` are the person's pending logins in the memory of this process."""
    pending = [login for _, login in _pending(person, entries)] + [*programs]
    return PersonHoldings(
        person,
        logins=tuple(
            (tenant, generation_of(entries[tenant], notes.get(tenant)))
            for tenant in personal_tenants(person, entries, catalogue)
        ),
        pending=tuple(sorted((login.vendor, login.generation) for login in pending)),
        records=tuple(sorted(_records(person, threads))),
        made=_made(person, entries, notes, catalogue),
    )


def personal_tenants(person: UserId, entries: Mapping[str, Entry], catalogue: Catalogue) -> tuple[Tenant, ...]:
    """Return the keys of a person's own accounts, sorted; also of vendors that are configured no longer."""
    return tuple(
        Tenant(tenant)
        for tenant, entry in sorted(entries.items())
        if isinstance(entry, LoginEntry) and owner_of_login(Tenant(tenant), entry, catalogue) == person
    )


def claim_leave(draft: Draft, person: UserId, catalogue: Catalogue, now: float) -> bool:
    """Note that this process handles the leave of a person; return False if another process has noted that before.

    Notes may be lost: then two processes handle one leave. A later leave of the same person is claimed anew.
    """
    held = read_holdings(person, draft, draft.notes, draft.threads, catalogue)
    keys = [*(tenant for tenant, _ in held.logins), *(key for key, _ in _pending(person, draft)), *held.made]
    before = [note.left_at for key in keys if (note := draft.notes.get(key)) and note.left_at is not None]
    if any(abs(now - at) < _SAME_LEAVE for at in before):
        return False
    for key in keys:
        draft.notes[key] = (draft.notes.get(key) or Note())._replace(left_at=int(now))
    return True


def _pending(person: UserId, entries: Mapping[str, Entry]) -> list[tuple[str, PendingLogin]]:
    found = ((key, read_pending(key, entry)) for key, entry in entries.items() if isinstance(entry, PendingEntry))
    return [(key, login) for key, login in found if login is not None and login.user == person]


def _records(person: UserId, threads: Mapping[str, ThreadRecord]) -> list[str]:
    found = []
    for key, record in threads.items():
        if key == agreement_key(person):
            agreed = record if isinstance(record, Agreement) else Agreement()
            found.append(f"{key} {sorted(agreed.threads)} {agreed.all_own}")
        elif isinstance(record, ThreadChoices):
            own = sorted(vendor for vendor, label in record.labels.items() if person_of(label) == person)
            found += [f"{key} {vendor}" for vendor in own]
    return found


def _made(
    person: UserId, entries: Mapping[str, Entry], notes: Mapping[str, Note], catalogue: Catalogue
) -> tuple[Tenant, ...]:
    return tuple(
        Tenant(tenant)
        for tenant, entry in sorted(entries.items())
        if isinstance(entry, LoginEntry)
        and (note := notes.get(tenant)) is not None
        and note.logged_in_by == person
        and owner_of_login(Tenant(tenant), entry, catalogue) is None
    )
