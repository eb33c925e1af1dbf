"""The holders of leases come from the lease rows of the database."""

from __future__ import annotations

import time
from pathlib import Path

from openab_auth.bot.playground.store.leases import Leases
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.upkeep.lease_rows import LeaseRows
from tests.support.patience import until
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store


def watching(store: PostgresStore) -> Leases:
    return Leases(LeaseRows(store.settings))


async def test_a_lease_shows_its_holder_its_end_and_whether_it_was_used(
    postgres: Server, schema: str, tmp_path: Path
) -> None:
    store = make_store(postgres, schema, tmp_path)
    watch, lease = watching(store), store.lease("lab")
    await watch.look()
    assert watch.now() == []

    assert lease.try_acquire()
    await watch.look()
    (taken,) = watch.now()
    assert lease.mark_posted(1.0)
    await watch.look()
    (posted,) = watch.now()

    assert (taken["lock"], taken["posted"], taken["waiting"]) == ("lab", False, None)
    assert taken["until"] is not None
    assert 0 < taken["until"] - time.time() < 60
    assert taken["holder"]
    assert posted == {**taken, "posted": True}


async def test_a_lease_that_was_given_back_is_free_and_stays_in_the_list(
    postgres: Server, schema: str, tmp_path: Path
) -> None:
    store = make_store(postgres, schema, tmp_path)
    watch, holders = watching(store), list[str | None]()
    for _ in range(2):
        lease = store.lease("lab")
        assert lease.try_acquire()
        await watch.look()
        holders.append(watch.now()[0]["holder"])
        lease.release()
        await until(lambda: not postgres.execute(f"SELECT FROM {schema}.leases"))
    await watch.look()

    (now,) = watch.now()

    assert (now["holder"], now["until"], now["posted"]) == (None, None, False)
    assert [each["holder"] for each in watch.past()] == holders[::-1]
    assert holders[0] != holders[1]


async def test_while_the_database_is_away_the_last_look_stays(postgres: Server, schema: str, tmp_path: Path) -> None:
    store = make_store(postgres, schema, tmp_path)
    watch = watching(store)
    assert store.lease("lab").try_acquire()
    await watch.look()
    before = watch.now()

    with postgres.full():
        store.close()
        watch._rows.close()
        await watch.look()

    assert watch.now() == before
