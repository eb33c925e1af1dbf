"""Any history of logins, lost answers, outages, failovers and new keys ends as the model says, on both hosts.

Each login of the model is a number that is never used again. The database is a dict of them. Each host has spills and
kept rotations: the new login, and those whose place it takes (None: there was no login).
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from openab_auth.storage import Draft, StorageError, StoreLocation, StoreOptions, TokenEntry
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import check_settings
from openab_auth.storage.postgres.sealed.keys import new_key
from openab_auth.storage.postgres.upkeep.rekeying import Rekeying
from tests.storage.entries import put, token
from tests.storage.postgres.places import Place
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy
from tests.support.postgres.server import Server

HOSTS: Final = st.integers(0, 1)
TENANTS: Final = st.sampled_from(["codex", "codex", "claude"])
TABLES: Final = ("store", "entries", "records", "commits", "leases")
EXAMPLES, STEPS = 15, 25  # about ten seconds
COMMIT: Final = b"commit\0"
Stored: TypeAlias = dict[str, int]


def login(tenant: str, number: int) -> TokenEntry:
    return token(tenant, f"{number}")


@dataclass
class Waiting:
    """A login in the journal of a host, and those whose place it takes."""

    number: int
    replaces: frozenset[int | None]


@dataclass
class ModelHost:
    """What a host keeps in its journal, by tenant."""

    spills: dict[str, Waiting] = field(default_factory=dict)
    kept: dict[str, Waiting] = field(default_factory=dict)

    def seen(self, stored: Stored) -> Stored:
        """Return what the host reads: the stored logins, with those of its journal that come after them."""
        found = dict(stored)
        changed = True
        while changed:
            changed = False
            for tenant, waiting in (*self.kept.items(), *self.spills.items()):
                if found.get(tenant) in waiting.replaces:
                    found[tenant], changed = waiting.number, True
        return found

    def spill(self, tenant: str, number: int, replaced: int | None) -> None:
        earlier = self.spills.get(tenant)
        before = earlier.replaces if earlier and earlier.number == replaced else frozenset()
        self.spills[tenant] = Waiting(number, before | {replaced})

    def commit(self, before: Stored, after: Stored) -> None:
        """Keep the rotations of a commit, and forget what the journal needs no more.

        An update that changed nothing ends the spills alone: a rotation that another login has replaced may stay.
        """
        self.spills.clear()
        if before == after:
            return
        for tenant, number in after.items():
            replaced, kept = before.get(tenant), self.kept.get(tenant)
            if replaced in {None, number} or (kept and kept.number == number):
                continue
            earlier = kept.replaces if kept and kept.number == replaced else frozenset()
            self.kept[tenant] = Waiting(number, earlier | {replaced})
        self.kept = {tenant: kept for tenant, kept in self.kept.items() if after.get(tenant) == kept.number}


class History(RuleBasedStateMachine):
    """Compare the stores of two hosts with a model."""

    server: Server

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        schema = f"s{self.folder.name.lower()}"
        place = Place.made(self.server, schema, self.folder / "journal", key=new_key().reveal())
        self.proxy = Proxy(self.server.ground.place(), self.server.folder)
        self.listening = self.proxy.listening()
        self.listening.__enter__()
        self.places = [place.through(self.proxy.folder), place.on_another_host().through(self.proxy.folder)]
        self.environ = {"K1": place.key, "K2": new_key().reveal()}
        self.keys = ("k1=env:K1", "k2=env:K2")
        self.stores = [self.opened(which) for which in (0, 1)]
        self.hosts = [ModelHost(), ModelHost()]
        self.stored: Stored = {}
        self.standby: Stored | None = None
        self.number = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for store in self.stores:
                store.close()
            self.listening.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def opened(self, which: int) -> PostgresStore:
        return self.places[which].open(self.environ, keys=self.keys, max_staleness=0.0)

    def next(self) -> int:
        self.number += 1
        return self.number

    def committed(self, which: int, after: Stored) -> None:
        """Note that an update of this host was made, which left these logins."""
        done = threading.Event()
        self.stores[which]._afterwards.soon(done.set)
        assert done.wait(PATIENCE)
        self.hosts[which].commit(self.stored, after)
        self.stored = after

    def seen(self, which: int) -> Stored:
        return self.hosts[which].seen(self.stored)

    @rule(which=HOSTS, tenant=TENANTS)
    def log_in(self, which: int, tenant: str) -> None:
        number = self.next()
        self.stores[which].update(put(tenant, login(tenant, number)))
        self.committed(which, self.seen(which) | {tenant: number})

    @rule(which=HOSTS, tenant=TENANTS)
    def log_out(self, which: int, tenant: str) -> None:
        self.stores[which].update(lambda draft: draft.pop(tenant, None))
        after = self.seen(which)
        after.pop(tenant, None)
        self.committed(which, after)

    @rule(which=HOSTS)
    def change_nothing(self, which: int) -> None:
        """An update writes what waits in the journal, whatever else it does."""
        self.stores[which].update(lambda draft: None)
        self.committed(which, self.seen(which))

    @rule(which=HOSTS, tenant=TENANTS)
    def a_mutation_raises(self, which: int, tenant: str) -> None:
        def mutate(draft: Draft) -> None:
            draft[tenant] = login(tenant, 0)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            self.stores[which].update(mutate)

    @rule(which=HOSTS, tenant=TENANTS)
    def the_answer_to_a_commit_is_lost(self, which: int, tenant: str) -> None:
        reached = self.proxy.cut(COMMIT, "after")
        self.log_in(which, tenant)
        assert reached.is_set()

    @rule(which=HOSTS, tenant=TENANTS)
    def a_commit_is_lost(self, which: int, tenant: str) -> None:
        reached = self.proxy.cut(COMMIT, "before")
        with pytest.raises(StorageError):
            self.stores[which].update(put(tenant, login(tenant, self.next())))
        assert reached.is_set()

    @rule(which=HOSTS, tenant=TENANTS, away=st.booleans())
    def an_answer_of_the_vendor_cannot_be_stored(self, which: int, tenant: str, *, away: bool) -> None:
        store, number, before = self.stores[which], self.next(), self.seen(which).get(tenant)
        replaced = store.read().get(tenant)
        assert replaced is None or isinstance(replaced, TokenEntry)
        if away:
            with self.proxy.refusing():
                with pytest.raises(StorageError):
                    store.update(put(tenant, login(tenant, number)))
                assert store.spill(tenant, login(tenant, number), replaced)
                assert store.read()[tenant] == login(tenant, number)
        else:
            assert store.spill(tenant, login(tenant, number), replaced)
        self.hosts[which].spill(tenant, number, before)

    @rule(which=HOSTS, tenant=TENANTS)
    def an_answer_of_the_vendor_comes_too_late(self, which: int, tenant: str) -> None:
        assert not self.stores[which].spill(tenant, login(tenant, self.next()), login(tenant, self.next()))

    @rule()
    def the_standby_stops_following(self) -> None:
        for table in TABLES:
            self.places[0].execute(f"DROP TABLE IF EXISTS {{}}.old_{table}")
            self.places[0].execute(f"CREATE TABLE {{}}.old_{table} AS TABLE {{}}.{table}")
        self.standby = dict(self.stored)

    @precondition(lambda self: self.standby is not None)
    @rule()
    def the_standby_takes_over(self) -> None:
        """Every row is as it was when the standby stopped; the other connections are lost."""
        self.proxy.cut_all()
        for table in TABLES:
            self.places[0].execute(f"TRUNCATE {{}}.{table}")
            self.places[0].execute(f"INSERT INTO {{}}.{table} OVERRIDING SYSTEM VALUE TABLE {{}}.old_{table}")
        assert self.standby is not None
        self.stored = dict(self.standby)

    @rule()
    def the_first_key_is_another_one(self) -> None:
        """Both hosts know both keys; one moves to the front, and every row is encrypted with it."""
        self.keys = self.keys[::-1]
        for store in self.stores:
            store.close()
        self.stores = [self.opened(which) for which in (0, 1)]
        place = self.places[0]
        options, _ = place.settings(keys=self.keys)
        Rekeying(check_settings(StoreLocation(place.url(), StoreOptions(**options)), self.environ)).run()

    @rule(which=HOSTS)
    def a_process_starts_anew(self, which: int) -> None:
        self.stores[which].close()
        self.stores[which] = self.opened(which)

    @invariant()
    def every_reader_sees_what_the_model_has(self) -> None:
        if not hasattr(self, "folder"):
            return
        for which in (0, 1):
            expected = {tenant: login(tenant, number) for tenant, number in self.seen(which).items()}
            assert dict(self.stores[which].read()) == expected
            assert self.stores[which].entry("codex") == expected.get("codex")


def test_every_history_of_two_hosts_ends_as_the_model_says(postgres: Server) -> None:
    class OnServer(History):
        server = postgres

    run_state_machine_as_test(OnServer, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS))
