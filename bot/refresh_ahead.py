"""Renews in the running bot what will soon expire, so that agents hardly ever wait for a vendor."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from openab_auth.oauth.config import Config
from openab_auth.oauth.entries import dead_token
from openab_auth.oauth.errors import VendorMisconfiguredError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, LoginEntry, McpEntry, OpenabAuthError, Tenant, TokenEntry, open_store
from openab_auth.storage.entries import Entry
from openab_auth.storage.records.notes import Note

_AHEAD: Final = 600.0  # seconds before its end at which a token is renewed
_SPREAD: Final = 60.0  # seconds by which chance makes it earlier, so that bots and logins do not all come at once
_SPACING: Final = 2.0  # seconds between two requests: vendors take a burst under one client id for an attack
_REST: Final = 60.0  # seconds after a failure in which this bot leaves a login alone
_LONG_REST: Final = 900.0  # seconds; the same where only the operator can mend it
_LOOK: Final = 5.0  # seconds between two looks, of one stat each, at whether the store has changed
_LONGEST_SLEEP: Final = 60.0  # seconds, since the clock may be set meanwhile
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """What is known of one login; `lead` is in seconds before its end, `rest_until` in unix seconds."""

    entry: LoginEntry
    lead: float
    rest_until: float = 0.0
    told: str = ""


class RefreshAhead:
    """Looks after every login of one store; `clock` gives unix seconds, `spacing` is in seconds.

    Several may look after one store: a refresh is one request, whoever begins it.
    """

    def __init__(
        self,
        store: AsyncStore,
        catalogue: Catalogue,
        *,
        clock: Callable[[], float] = time.time,
        spacing: float = _SPACING,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._source = TokenSource(store, catalogue=catalogue, clock=clock)
        self._clock = clock
        self._spacing = spacing
        self._watched: dict[Tenant, _Watched] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in a task of its own."""
        self._running = asyncio.create_task(self._run(), name="refresh ahead")

    async def aclose(self) -> None:
        """Begin nothing new, and wait until a refresh under way is stored."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._source.aclose()

    async def _run(self) -> None:
        while True:
            version: Hashable = None
            try:
                version = self._store.version()
                seconds = await self._round()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next round may do better
                _log.warning("logins are not renewed ahead of time: %s", _words(error))
                seconds = _REST
            await self._sleep(version, seconds)

    async def _round(self) -> float:
        """Renew what is due, one login after the other; gives the seconds until the next one is."""
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
            if not isinstance(entry, TokenEntry | McpEntry) or not entry.refresh_token:
                continue
            ours = isinstance(entry, McpEntry) or self._catalogue.vendor_of(key) is not None
            if ours and not dead_token(entry, notes.get(key)):
                yield Tenant(key), entry

    def _watch(self, tenant: Tenant, entry: LoginEntry) -> _Watched:
        """A token that has just come shows how long this vendor's tokens live: a short one is not renewed at once."""
        lead = _AHEAD + random.uniform(0, _SPREAD)  # noqa: S311 - spreads, hides nothing
        before = self._watched.get(tenant)
        if before is None:
            return _Watched(entry, lead)
        if before.entry.access_token == entry.access_token:
            before.entry = entry
            return before
        return _Watched(entry, min(lead, (entry.expires_at - self._clock()) / 3))

    def _due_at(self, tenant: Tenant) -> float:
        watched = self._watched[tenant]
        return max(watched.entry.expires_at - watched.lead, watched.rest_until)

    async def _renew(self, tenant: Tenant) -> None:
        watched = self._watched[tenant]
        try:
            token = await self._source.force_refresh(tenant, rejected=watched.entry.access_token)
        except Exception as error:  # noqa: BLE001 - one login's trouble is not the others'
            rest = _LONG_REST if isinstance(error, VendorMisconfiguredError) else _REST
            watched.rest_until = self._clock() + max(rest, getattr(error, "retry_after", None) or 0.0)
            if watched.told != _words(error):
                _log.warning("%s could not be renewed ahead of time: %s", tenant, _words(error))
            watched.told = _words(error)
        else:
            _log.info("%s renewed ahead of time, %d s", tenant, token.expires_at - self._clock())

    async def _sleep(self, version: Hashable, seconds: float) -> None:
        """Until so many seconds have passed or the store is no longer at `version`."""
        now = asyncio.get_running_loop().time
        deadline = now() + min(seconds, _LONGEST_SLEEP)
        while (left := deadline - now()) > 0 and self._store.version() == version:  # noqa: ASYNC110 - others write it
            await asyncio.sleep(min(left, _LOOK))


def _words(error: Exception) -> str:
    """Return our own error in its words, and any other by its type: its text could quote anything."""
    return str(error) if isinstance(error, OpenabAuthError) else f"an unforeseen error ({type(error).__name__})"


def open_refresh_ahead(config: Config, location: str, environ: Mapping[str, str]) -> RefreshAhead | None:
    """What renews the logins of the store at `location`; None where `[auth] refresh_ahead = false`.

    Raises:
        ConfigError: a vendor's table has mistakes.
        StorageError: the store's address is none.
    """
    if not config.auth.refresh_ahead:
        return None
    return RefreshAhead(AsyncStore(open_store(location)), Catalogue.from_config(config, environ))
