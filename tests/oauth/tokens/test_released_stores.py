"""A login of every released version is refreshed by today's code, and keeps every field that nobody knows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import Draft, FileStore, Secret, Store
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.upkeep import making
from tests.storage.entries import NOW, token_in
from tests.storage.released.releases import MARK, RELEASES, load, settings_in
from tests.support.clock import Clock
from tests.support.postgres.server import Server


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
@pytest.mark.parametrize("kind", ["file", "database"])
async def test_a_login_of_an_earlier_version_is_refreshed(
    release: Path, kind: str, issuer: Issuer, catalogue: Catalogue, clock: Clock, request: pytest.FixtureRequest
) -> None:
    store = opened(release, kind, request)
    issued = issuer.tokens.issue(CLIENT_ID, "ada@example.com", ("openid", "offline_access"))
    old = token_in(store.read(), "lab")

    def give_tokens(draft: Draft) -> None:
        """Write what the vendor of that version would have issued."""
        live = Secret(str(issued["refresh_token"]))
        draft["lab"] = replace(token_in(draft, "lab"), refresh_token=live, token_endpoint=issuer.token_url)

    store.update(give_tokens)
    async with TokenSource(store, catalogue=catalogue, clock=clock) as source:
        fresh = await source.force_refresh("lab")

    new = token_in(store.read(), "lab")
    assert new.access_token == fresh.value != old.access_token
    assert {name: new.extra[name] for name in MARK} == MARK
    assert store.notes()["lab"].account == "ada@example.com"
    store.close()


def opened(release: Path, kind: str, request: pytest.FixtureRequest) -> Store:
    folder: Path = request.getfixturevalue("tmp_path")
    if kind == "file":
        shutil.copytree(release / "file", folder / "agent")
        return FileStore(folder / "agent/auth.json", clock=lambda: NOW)
    server: Server = request.getfixturevalue("postgres")
    schema: str = request.getfixturevalue("schema")
    load(server, schema, release)
    making.make_store(settings_in(server, schema, folder / "journal", "owner"), grant="rows")
    return PostgresStore(settings_in(server, schema, folder / "journal"), clock=lambda: NOW)
