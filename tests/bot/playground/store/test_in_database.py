"""The playground on PostgreSQL: a schema of its own, which exists as long as the playground runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from openab_auth.bot.playground.issuer import decide
from openab_auth.bot.playground.store.in_database import PREFIX, SchemaLeftError, database_store
from openab_auth.storage.postgres.sealed.keys import new_key
from tests.bot.playground.page_browser import login_link, parts, starting
from tests.support.patience import PATIENCE
from tests.support.postgres.server import OWNER, ROWS, Server

Run = Callable[..., "CompletedProcess[str]"]
SCHEMAS = f"SELECT nspname FROM pg_namespace WHERE nspname LIKE '{PREFIX}%'"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_deletes_the_schema_and_its_key(postgres: Server, number: signal.Signals) -> None:
    before = set(postgres.execute(SCHEMAS))
    async with starting("--store", postgres.url()) as browser:
        assert browser.ready.keys() == {"ready", "url", "discord_api", "issuer"}
        ((schema,),) = set(postgres.execute(SCHEMAS)) - before
        assert (await browser.http.get("/api/start")).json()["store"] == {"kind": "database", "name": schema}
        assert postgres.execute(f"SELECT DISTINCT key_id FROM {schema}.records") == [("playground",)]

        browser.process.send_signal(number)
        status = await asyncio.wait_for(browser.process.wait(), PATIENCE)

    assert status == (129 if number == signal.SIGHUP else 0)
    assert set(postgres.execute(SCHEMAS)) == before


async def test_a_killed_bot_and_a_full_disk_lose_no_login_of_the_database(postgres: Server) -> None:
    async with starting("--store", postgres.url()) as browser:
        await browser.act("slash", where="guild", command="auth login", options={"vendor": "playground"})
        view = await browser.until(lambda view: any(part.get("url") for part in parts(view)))
        paste = await decide(login_link(view), "allow", "ada@example.com")
        for experiment in ("kill", "fill", "start"):
            await browser.act("experiment", experiment=experiment)
        await browser.act("say", where="dm", text=paste)
        view = await browser.until(lambda view: any(part.get("label") for part in parts(view)), where="dm")
        assert [entry["kind"] for entry in view["store"]] == ["pending"]
        assert "POST /token" not in [each["title"] for each in view["posted"]]

        await browser.act("experiment", experiment="free")
        await browser.act("say", where="dm", text=paste)
        await browser.until(lambda view: [entry["kind"] for entry in view["store"]] == ["login"])
        for experiment in ("fill", "expire", "agents"):
            await browser.act("experiment", experiment=experiment)
        view = await browser.until(lambda view: "agents" in view["results"])
        assert "0 of 32 agents were served. The server saw 0 refreshes." in view["results"]["agents"]

        await browser.act("experiment", experiment="free")
        await browser.act("experiment", experiment="agents")
        view = await browser.until(lambda view: "32 of 32" in view["results"].get("agents", ""))
        assert "The server saw 1 refresh. All have the same token." in view["results"]["agents"]
        assert view["locks"]["source"] == "leases"
        assert {each["lock"] for each in view["locks"]["now"]} == {"playground"}
        assert view["locks"]["past"]

        await browser.act("experiment", experiment="ask")
        view = await browser.until(
            lambda view: "served" in [each["state"] for each in view["thread_agents"]["each"].values()]
        )
        assert "shared" in [each["because"] for thread in view["threads"] for each in thread["accounts"]]


async def test_the_key_of_the_rows_and_their_journal_lie_in_its_folder(postgres: Server, tmp_path: Path) -> None:
    async with database_store(tmp_path, postgres.url()) as store:
        key = (tmp_path / "store.key").read_text()
        options = store.location.options
        assert options.keys == (f"playground=file:{tmp_path}/store.key",)
        assert Path(options.journal).parent == tmp_path
        assert len(key) == len(new_key().reveal())
        assert key not in f"{store}{store.settings}"
        assert (tmp_path / "store.key").stat().st_mode & 0o077 == 0


async def test_a_schema_that_cannot_be_deleted_is_named_with_the_repair(postgres: Server, tmp_path: Path) -> None:
    with pytest.raises(SchemaLeftError) as caught:
        async with database_store(tmp_path, postgres.url()) as store:
            postgres.execute(f"ALTER SCHEMA {store.name} OWNER TO postgres")

    assert store.name in caught.value.happened
    assert f"drop schema {store.name} cascade" in caught.value.todo
    postgres.execute(f"DROP SCHEMA {store.name} CASCADE")


async def test_a_role_that_may_not_create_a_schema_is_refused_at_once(postgres: Server, run: Run) -> None:
    done = await asyncio.to_thread(run, "playground", "--store", postgres.url(ROWS))

    assert done.returncode == 6
    assert "may create one in this database" in done.stderr


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("auth.json", "--store cannot name a file"),
        (f"postgresql://{OWNER}:canary@127.0.0.1/auth", "may hold a password"),
        ("postgresql://db.example.com/auth", "verify-full"),
    ],
)
def test_a_file_a_password_and_an_unchecked_host_are_refused(store: str, told: str, call: Run) -> None:
    done = call("playground", "--store", store)

    assert done.returncode == 2
    assert told in done.stderr
    assert "canary" not in done.stderr
