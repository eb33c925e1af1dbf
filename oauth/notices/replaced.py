"""Note in the commit of a login whose login it replaces, so that this person is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openab_auth.oauth.entries import generation_of
from openab_auth.oauth.entries.login_entry import has_login
from openab_auth.storage.entries import CONSOLE, Tenant, UserId
from openab_auth.storage.records.notices import Notice
from openab_auth.storage.records.requests import REQUESTS

if TYPE_CHECKING:
    from openab_auth.storage import Draft


class Replacement:
    """Notes who is told about the new login of `by`, whose `generation` its note has.

    The commit of one login may run several times. Where the login came from the journal, it has replaced the former
    login already, and the notice is about the login that an earlier run has seen.
    """

    def __init__(self, tenant: Tenant, by: UserId, generation: str) -> None:
        self._tenant = tenant
        self._by = by
        self._generation = generation
        self._seen: Notice | None = None

    def note(self, draft: Draft, now: float) -> None:
        """Note it if the draft has the login of another person; call this before the new login is written."""
        note = draft.notes.get(self._tenant)
        if note is None or note.generation != self._generation:
            self._seen = self._replaced(draft, now)
        if self._seen is not None:
            draft.records(REQUESTS)[self._seen.key] = self._seen

    def _replaced(self, draft: Draft, now: float) -> Notice | None:
        note = draft.notes.get(self._tenant)
        person = note.logged_in_by if note else None
        if note is None or not person or person in {CONSOLE, self._by} or not has_login(draft, self._tenant):
            return None
        mark = generation_of(draft.get(self._tenant), note)
        return Notice("", "replaced", self._tenant, mark, int(now), person=person, by=self._by)
