"""Renew tokens in the running bot before they expire, so that agents rarely wait for a vendor."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from openab_auth.oauth.accounts import stored_account
from openab_auth.oauth.config import Config
from openab_auth.oauth.entries import dead_token
from openab_auth.oauth.errors import VendorMisconfiguredError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import LoginEntry, OpenabAuthError, Tenant
from openab_auth.storage.entries import Entry
from openab_auth.storage.records.notes import Note

_AHEAD: Final = 600.0  # seconds; a token is renewed so long before its end
_SPREAD: Final = 60.0  # seconds; a random part of these is added, so that bots and logins do not renew all at once
_SPACING: Final = 2.0  # seconds between two requests: vendors treat a burst under one client id as an attack
_REST: Final = 60.0  # seconds after a failure in which this bot does not try that login again
_LONG_REST: Final = 900.0  # seconds; as above, for a failure that only the operator can repair
_LOOK: Final = 5.0  # seconds between two checks (one stat each) whether the store has changed
_LONGEST_SLEEP: Final = 60.0  # seconds; the clock may be set meanwhile
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """The state of one login: `lead` is in seconds before its end, and `rest` in seconds after a failure."""

    entry: LoginEntry
    lead: float
    failed_at: float = 0.0
    rest: float = 0.0
    told: str = ""

    def due_at(self, now: float) -> float:
        """Return when to renew, in unix seconds. A rest is over if the clock was set back since the failure."""
        rested_at = self.failed_at + self.rest if now >= self.failed_at else 0.0
        return max(self.entry.expires_at - self.lead, rested_at)


class RefreshAhead:
    """Renews every login of the runtime's store; `spacing` is in seconds.

    Several bots may renew the logins of one store: the lease makes each refresh one request.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        spacing: float = _SPACING,
    ) -> None:
        self._store = runtime.store
        self._current = runtime.current_catalogue
        self._source = TokenSource(runtime)
        self._clock = runtime.clock
        self._spacing = spacing
        self._watched: dict[Tenant, _Watched] = {}
        self._running: asyncio.Task[None] | None = None
        self._active_at = time.monotonic()

    def start(self) -> None:
        """Start a task that renews logins."""
        self._running = asyncio.create_task(self._run(), name="refresh ahead")

    def silence(self) -> float | None:
        """Return the seconds since the task was last active, for probes; None if it does not run."""
        if self._running is None or self._running.done():
            return None
        return time.monotonic() - self._active_at

    async def aclose(self) -> None:
        """Stop the task, and wait until a refresh in progress is stored."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._source.aclose()

    async def _run(self) -> None:
        while True:
            self._active_at = time.monotonic()
            version: Hashable = None
            try:
                version = self._store.version()
                seconds = await self._round()
            except Exception as error:  # noqa: BLE001 - the next round may succeed
                _log.warning("logins are not renewed ahead of time: %s", _words(error))
                seconds = _REST
            await self._sleep(version, seconds)

    async def _round(self) -> float:
        """Renew the logins that are due, one after the other; return the seconds until the next login is due."""
        logins = dict(self._refreshable(await self._store.read(), await self._store.notes()))
        self._watched = {tenant: self._watch(tenant, entry) for tenant, entry in logins.items()}
        for tenant in sorted(logins, key=self._due_at):
            if self._due_at(tenant) <= self._clock():
                await self._renew(tenant)
                await asyncio.sleep(self._spacing)
        return min(map(self._due_at, logins), default=math.inf) - self._clock()

    def _refreshable(
        self, entries: Mapping[str, Entry], notes: Mapping[str, Note]
    ) -> Iterator[tuple[Tenant, LoginEntry]]:
        for key, entry in entries.items():
            if not isinstance(entry, LoginEntry) or not entry.refresh_token:
                continue
            account = stored_account(Tenant(key), entry, self._current.now)
            ours = account.is_server or self._current.now.vendor_of(account.tenant) is not None
            if ours and not dead_token(entry, notes.get(key)):
                yield account.tenant, entry

    def _watch(self, tenant: Tenant, entry: LoginEntry) -> _Watched:
        """Return the state of a login; a token with a short life is renewed later than `_AHEAD` says."""
        lead = _AHEAD + random.uniform(0, _SPREAD)  # noqa: S311 - no secret depends on it
        before = self._watched.get(tenant)
        if before is None:
            return _Watched(entry, lead)
        if before.entry.access_token == entry.access_token:
            before.entry = entry
            return before
        return _Watched(entry, min(lead, (entry.expires_at - self._clock()) / 3))

    def _due_at(self, tenant: Tenant) -> float:
        return self._watched[tenant].due_at(self._clock())

    async def _renew(self, tenant: Tenant) -> None:
        watched, self._active_at = self._watched[tenant], time.monotonic()
        try:
            account = stored_account(tenant, watched.entry, self._current.now)
            token = await self._source.force_refresh(account, rejected=watched.entry.access_token)
        except Exception as error:  # noqa: BLE001 - the other logins must be renewed, too
            rest = _LONG_REST if isinstance(error, VendorMisconfiguredError) else _REST
            watched.failed_at = self._clock()
            watched.rest = max(rest, getattr(error, "retry_after", None) or 0.0)
            if watched.told != _words(error):
                _log.warning("%s could not be renewed ahead of time: %s", tenant, _words(error))
            watched.told = _words(error)
        else:
            _log.info("%s renewed ahead of time, %d s", tenant, token.expires_at - self._clock())

    async def _sleep(self, version: Hashable, seconds: float) -> None:
        """Wait until `seconds` have passed or the store has another version."""
        now = asyncio.get_running_loop().time
        deadline = now() + min(seconds, _LONGEST_SLEEP)
        while (left := deadline - now()) > 0 and self._store.version() == version:
            self._active_at = time.monotonic()
            await asyncio.sleep(min(left, _LOOK))


def _words(error: Exception) -> str:
    """Return the text of our own error, but only the type of any other: its text could quote a secret."""
    return str(error) if isinstance(error, OpenabAuthError) else f"an unforeseen error ({type(error).__name__})"


def open_refresh_ahead(config: Config, runtime: Runtime) -> RefreshAhead | None:
    """Return a `RefreshAhead` for the runtime's store, or None if the config says `refresh_ahead = false`."""
    return RefreshAhead(runtime) if config.auth.refresh_ahead else None
