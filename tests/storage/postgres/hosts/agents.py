"""Agents on several hosts, each a process, and the vendor that they share."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, ThreadedIssuer
from openab_auth.storage import Secret, Store, TokenEntry
from tests.storage.entries import put
from tests.storage.postgres.places import OPEN, Place
from tests.storage.processes import Start, line_of
from tests.support.patience import PATIENCE

AGENT = (
    OPEN
    + """
import asyncio
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.entries import unsaved
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore
from openab_auth.storage.errors import OpenabAuthError

unsaved._RETRY = 0.1

async def main():
    place, vendors, tenants, deadline = map(json.loads, sys.argv[1:])
    catalogue = Catalogue.from_config(Config(vendors=vendors), {})
    store = AsyncStore(opened(json.dumps(place)))
    source = TokenSource(store, catalogue=catalogue, driver=Driver(), deadline=deadline)
    async def say(tenant):
        try:
            print((await source.get_valid(tenant)).value.reveal(), flush=True)
        except OpenabAuthError as error:
            print(type(error).__name__, error, flush=True)
    print("begun", flush=True)
    while True:
        await asyncio.gather(*map(say, tenants))
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            break
        tenants = line.split() or tenants
    await source.aclose()

asyncio.run(main())
"""
)


@dataclass
class Vendor:
    """A vendor whose answers to refreshes can be held; `logins` are those that it gave, by tenant."""

    issuer: ThreadedIssuer
    logins: dict[str, TokenEntry] = field(default_factory=dict)

    def expired_login(self, store: Store, tenant: str = "lab") -> TokenEntry:
        """Store a login whose access token has expired."""
        reply = self.issuer.tokens.issue(CLIENT_ID, tenant, ("offline_access",))
        access, refresh = Secret(str(reply["access_token"])), Secret(str(reply["refresh_token"]))
        self.logins[tenant] = TokenEntry(access, refresh, int(time.time()) - 5, self.issuer.token_url, tenant)
        store.update(put(tenant, self.logins[tenant]))
        return self.logins[tenant]

    def newest(self, tenant: str = "lab") -> str:
        """Return the refresh token that the vendor takes now."""
        family = self.issuer.tokens.family_of_refresh(self.logins[tenant].refresh_token.reveal())
        assert family is not None
        return str(family.refresh_token)

    def posts(self, tenant: str = "lab") -> int:
        """Return how often the stored login's first refresh token was posted."""
        first = self.logins[tenant].refresh_token.reveal()
        return sum(seen.fields.get("refresh_token") == first for seen in self.issuer.requests("/token"))

    def wait_for_posts(self, count: int = 1) -> None:
        """Wait until so many refreshes were posted, of any login."""
        until = time.monotonic() + PATIENCE
        while len(self.issuer.requests("/token")) < count:
            assert time.monotonic() < until
            time.sleep(0.01)

    @contextmanager
    def holding(self, times: int = 1) -> Iterator[None]:
        """Process the next refreshes, and hold their answers during the block."""
        event = asyncio.Event()
        self.issuer.faults.next("/token", until=event, times=times)
        try:
            yield
        finally:
            self.issuer._loop.call_soon_threadsafe(event.set)

    def agent(
        self, start: Start, place: Place, *tenants: str, deadline: float = 20.0, **options: object
    ) -> subprocess.Popen[str]:
        """Start an agent that asks for the tokens of `tenants`, and again for each line, which may name others."""
        names = tenants or ("lab",)
        vendors = json.dumps(self.rows(*names, "lab"))
        process = start(AGENT, place.argument(**options), vendors, json.dumps(names), deadline)
        assert line_of(process) == "begun\n", process.communicate()[1]
        return process

    def rows(self, *tenants: str) -> dict[str, dict[str, object]]:
        """Return the tables of these vendors in the config."""
        row: dict[str, object] = {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "authorize_url": self.issuer.authorize_url,
            "token_url": self.issuer.token_url,
            "scopes": ["offline_access"],
        }
        return dict.fromkeys(tenants, row)
