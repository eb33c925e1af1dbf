"""Read from the store which notices are due: logins that died, that will end, and that somebody has replaced.

Only a replaced login leaves a record at once. The other notices follow from the logins, so that nothing is lost if a
bot stops at any moment; the records say what was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.entries import dead_token, generation_of
from openab_auth.oauth.entries.login_entry import expiry_of, has_login
from openab_auth.storage.entries import CONSOLE, LoginEntry, McpEntry, Tenant, UserId, last_token
from openab_auth.storage.records.notes import Note
from openab_auth.storage.records.notices import Notice

if TYPE_CHECKING:
    from openab_auth.oauth.notices.variable_tokens import VariableToken
    from openab_auth.storage import Entry
    from openab_auth.storage.records.requests import RequestRecord

LEADS: Final = (7 * 86_400, 86_400, 3_600)  # seconds before the end of a login
_LATEST: Final = 2**40  # seconds; agents write such a time for a token without an end


def due_notices(
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    records: Mapping[str, RequestRecord],
    variables: Iterable[VariableToken],
    now: float,
) -> tuple[Notice, ...]:
    """Return the notices that nobody was told yet and that no bot has claimed, each with what is stored about it."""
    found = (
        *_deaths(entries, notes),
        *_ends(entries, notes, now),
        *_ends_of_variables(variables, now),
        *_replacements(entries, notes, records),
    )
    stored = (_as_stored(notice, records.get(notice.key)) for notice in found)
    return tuple(notice for notice in stored if notice and not notice.told and notice.claimed_until <= now)


def _as_stored(notice: Notice, stored: RequestRecord | None) -> Notice | None:
    """Return the notice with its record; None if a later notice about the same login was begun."""
    if not isinstance(stored, Notice) or stored.mark != notice.mark or stored.lead > notice.lead:
        return notice
    return stored if stored.lead == notice.lead else None


def _deaths(entries: Mapping[str, Entry], notes: Mapping[str, Note]) -> Iterator[Notice]:
    """Yield the logins that died; an older version notes in the login itself that its person was told."""
    for tenant, note in notes.items():
        dead = dead_token(entries.get(tenant), note)
        if dead is not None and not dead.told:
            yield Notice("", "died", Tenant(tenant), dead.fingerprint, max(0, dead.since), person=_maker(note))


def _ends(entries: Mapping[str, Entry], notes: Mapping[str, Note], now: float) -> Iterator[Notice]:
    for tenant, entry in entries.items():
        if not isinstance(entry, LoginEntry) or entry.refresh_token or not has_login(entries, Tenant(tenant)):
            continue
        end, note = expiry_of(entry), notes.get(tenant) or Note()
        made_at = note.logged_in_at or (entry.token_received_at if isinstance(entry, McpEntry) else None)
        lead = None if end is None else _due_lead(made_at, end, now)
        if end is None or lead is None or note.waits or dead_token(entry, note) is not None:
            continue
        mark = last_token(entry).fingerprint()
        yield Notice("", "ends", Tenant(tenant), mark, end, person=_maker(note), lead=lead)


def _ends_of_variables(variables: Iterable[VariableToken], now: float) -> Iterator[Notice]:
    for token in variables:
        if (lead := _due_lead(token.made_at, token.ends_at, now)) is not None:
            yield Notice("", "variable-ends", token.tenant, token.fingerprint, token.ends_at, lead=lead)


def _replacements(
    entries: Mapping[str, Entry], notes: Mapping[str, Note], records: Mapping[str, RequestRecord]
) -> Iterator[Notice]:
    """Yield the logins that were replaced.

    The record is written before the login: while the former login is there, nothing was replaced. A person who has
    logged in again meanwhile knows.
    """
    for record in records.values():
        if isinstance(record, Notice) and record.about == "replaced" and not record.refused:
            note = notes.get(record.login)
            is_replaced = generation_of(entries.get(record.login), note) != record.mark
            if is_replaced and _maker(note or Note()) != record.person:
                yield record


def _due_lead(made_at: int | None, end: int, now: float) -> int | None:
    """Return the lead of the notice that is due now, the shortest of several; None if there is none.

    A lead fits only into a login that is at least as old as the lead when its notice is due.
    """
    if end >= _LATEST:
        return None
    due = (lead for lead in LEADS if end - lead <= now < end and (made_at is None or made_at <= end - 2 * lead))
    return min(due, default=None)


def _maker(note: Note) -> UserId | None:
    """Return the person who made a login; None if nobody knows, or if it was made at the console."""
    by = note.logged_in_by
    return None if by is None or by == CONSOLE or by < 0 else by
