"""A store in a schema of a server, and how processes open it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from openab_auth.storage import StoreLocation, StoreOptions, open_store
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.making import make_store
from tests.support.postgres.server import ROWS, Server

KEY = "OPENAB_AUTH_KEY"  # the variable of the key
OPEN = """
import json, os, sys, time
from openab_auth.storage import StoreOptions, open_store

def opened(text):
    url, options, environ = json.loads(text)
    options["keys"] = tuple(options.get("keys", ()))
    return open_store(url, StoreOptions(**options), environ)

"""


@dataclass(frozen=True, slots=True)
class Place:
    """A store that was made in `schema`; `journal` is the folder of one host. Bots have rights on rows alone."""

    server: Server
    schema: str
    journal: Path
    key: str
    address: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def made(cls, server: Server, schema: str, journal: Path, *, key: str = "", **options: Any) -> Place:
        place = cls(server, schema, journal, key or new_key().reveal(), None, options)
        settings, environ = place.settings()
        checked = check_settings(StoreLocation(server.url(), StoreOptions(**settings)), environ)
        assert make_store(checked, grant=ROWS).is_new
        return place

    def through(self, host: Path) -> Place:
        """Return the place as it is seen through a proxy."""
        return self.at(self.server.url(ROWS, host=host))

    def at(self, url: str) -> Place:
        """Return the place as it is seen at another URL."""
        return replace(self, address=url)

    def on_another_host(self, name: str = "other") -> Place:
        """Return the place as another host sees it: with a journal of its own."""
        return replace(self, journal=self.journal.with_name(f"{self.journal.name}-{name}"))

    def url(self) -> str:
        return self.address or self.server.url(ROWS)

    def open(self, environ: dict[str, str] | None = None, **options: Any) -> PostgresStore:
        settings, own = self.settings(**options)
        store = open_store(self.url(), StoreOptions(**settings), environ or own)
        assert isinstance(store, PostgresStore)
        return store

    def argument(self, **options: Any) -> str:
        """Return the text for `opened` in another process; see `OPEN`."""
        return json.dumps([self.url(), *self.settings(**options)])

    def execute(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser; `{}` in it is the schema."""
        return self.server.execute(statement.replace("{}", self.schema), *parameters)

    def pass_time(self, seconds: float) -> None:
        """Let the leases be older by so many seconds, as the clock of the database sees it."""
        self.execute("UPDATE {}.leases SET until = until - make_interval(secs => %s)", seconds)

    def settings(self, **options: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the options and the environment of a process."""
        keys = {} if self.options.get("plaintext") else {"keys": (f"k1=env:{KEY}",)}
        return {"schema": self.schema, "journal": str(self.journal), **keys, **self.options, **options}, {KEY: self.key}
