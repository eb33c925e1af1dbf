"""Read which logins agents ask for, and whether a login answers a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.entries import SKEW, dead_token
from openab_auth.oauth.entries.login_entry import has_login
from openab_auth.oauth.vendors.account_labels import person_in
from openab_auth.oauth.vendors.server_names import bare_name, full_name, names_server
from openab_auth.storage.entries import LoginEntry, McpEntry, Tenant
from openab_auth.storage.records.requests import LoginRequest, WrittenMessages, messages_key, request_key

if TYPE_CHECKING:
    from openab_auth.oauth.threads import ThreadRecords
    from openab_auth.storage import Entry, Note, ThreadId
    from openab_auth.storage.records.requests import RequestRecord

LIFETIME: Final = 86_400  # seconds after the last time that an agent asked
DAY: Final = 86_400  # seconds
MOST_MESSAGES: Final = 10  # that the bot writes in one thread in a day
LONGEST_CLAIM: Final = 900  # seconds; no bot claims a message for longer


class OpenRequests:
    """The requests of one store, as they were read at the time `now`, in unix seconds."""

    def __init__(self, records: Mapping[str, RequestRecord], now: float) -> None:
        self._records = records
        self._now = now

    def all(self) -> tuple[LoginRequest, ...]:
        """Return every request, also those that have ended and whose message must still say so; the earliest first."""
        found = (record for record in self._records.values() if isinstance(record, LoginRequest))
        return tuple(sorted(found, key=lambda request: (request.asked_at, request.id)))

    def open(self) -> tuple[LoginRequest, ...]:
        """Return the requests that have not ended by their age, the earliest first."""
        return tuple(request for request in self.all() if self.is_open(request))

    def is_open(self, request: LoginRequest) -> bool:
        """Return whether a request has not ended by its age; a clock may have been wrong when it was made."""
        return abs(self._now - request.asked_at) < LIFETIME

    def is_claimed(self, request: LoginRequest) -> bool:
        """Return whether a bot writes the message now, or rests before its next try."""
        return self._now < request.claimed_until <= self._now + LONGEST_CLAIM

    def find(self, thread: ThreadId, login: Tenant) -> LoginRequest | None:
        """Return the open request for a login in a thread; None if there is none."""
        found = self._records.get(request_key(thread, login))
        return found if isinstance(found, LoginRequest) and self.is_open(found) else None

    def by_id(self, request_id: str) -> LoginRequest | None:
        """Return the open request with this id; None if there is none any more."""
        return next((request for request in self.open() if request.id == request_id), None)

    def may_write(self, thread: ThreadId) -> bool:
        """Return whether the bot may write one more message about requests in this thread today."""
        return len(self.written(thread)) < MOST_MESSAGES

    def written(self, thread: ThreadId) -> tuple[int, ...]:
        """Return when the bot wrote messages about requests in a thread during the last day."""
        record = self._records.get(messages_key(thread))
        times = record.at if isinstance(record, WrittenMessages) else ()
        return tuple(at for at in times if abs(self._now - at) < DAY)


def is_answered(
    request: LoginRequest,
    entries: Mapping[str, Entry],
    notes: Mapping[str, Note],
    threads: ThreadRecords,
    now: float,
) -> bool:
    """Return whether agents can use the login that was asked for: it is there, lives, and may serve the thread."""
    found = _login_asked_for(request, entries)
    if found is None:
        return False
    tenant, entry = found
    is_over = not entry.refresh_token and entry.expires_at <= now + SKEW
    if is_over or dead_token(entry, notes.get(tenant)) is not None:
        return False
    person = person_in(request.login)
    return person is None or threads.may_serve(person, request.thread)


def _login_asked_for(request: LoginRequest, entries: Mapping[str, Entry]) -> tuple[Tenant, LoginEntry] | None:
    """Return the login with its key. The key of a server's login depends on the other logins in the store."""
    is_server = names_server(request.name)
    tenants = (Tenant(bare_name(request.name)), Tenant(full_name(request.name))) if is_server else (request.login,)
    for tenant in tenants:
        entry = entries.get(tenant)
        if isinstance(entry, LoginEntry) and isinstance(entry, McpEntry) == is_server and has_login(entries, tenant):
            return tenant, entry
    return None
