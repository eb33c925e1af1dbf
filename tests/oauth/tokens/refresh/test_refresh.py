"""One refresh: the kept fields, the cases without a request, adopted commits, and dead logins."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NoReturn

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import LoginDeadError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, InvalidTenantError, MemoryStore, Secret, StoreUnwritableError, TokenEntry
from tests.oauth.tokens.refresh.changed_logins import change
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock

# what is kept


async def test_a_reply_without_a_refresh_token_keeps_it_and_all_other_fields(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    login = await change(store, login, extra={"theirs": [1, {"deep": None}]})
    issuer.faults.next("/token", status=200, body={"access_token": "new", "token_type": "Bearer", "expires_in": 60})

    token = await source.force_refresh("lab")

    wanted = dataclasses.replace(login, access_token=Secret("new"), expires_at=int(clock.now) + 60)
    assert await stored(store) == wanted
    assert (token.value, token.expires_at) == (wanted.access_token, wanted.expires_at)


async def test_a_reply_without_a_lifetime_lasts_as_the_vendors_table_says(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    issuer.faults.next("/token", status=200, body={"access_token": "new", "token_type": "Bearer"})

    assert (await source.force_refresh("lab")).expires_at == clock.now + 3600


async def test_the_second_and_third_refresh_know_endpoint_and_client(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    for _ in range(3):
        clock.now += 3600
        await source.get_valid("lab")

    posts = [seen.fields for seen in issuer.requests("/token")]
    assert len(posts) == len({post["refresh_token"] for post in posts}) == 3
    assert len({post["client_id"] for post in posts}) == 1
    assert all("scope" not in post for post in posts)
    assert (await stored(store)).token_endpoint == login.token_endpoint
    assert issuer.families[0].reuses == 0


async def test_the_note_about_a_login_outlives_its_refresh(
    source: TokenSource, login: TokenEntry, store: AsyncStore
) -> None:
    before = (await store.notes())["lab"]

    await source.force_refresh("lab")

    after = (await store.notes())["lab"]
    assert before.subject
    assert after.subject == before.subject._replace(fingerprint=(await stored(store)).refresh_token.fingerprint())
    assert after._replace(subject=before.subject) == before


# no request


async def test_a_login_without_a_refresh_token_is_dead_at_once_and_unasked(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    await change(store, login, refresh_token=Secret(""))
    holder = store.lease("lab")
    assert holder.try_acquire()
    try:
        with pytest.raises(LoginDeadError, match="the store has no refresh token for it"):
            await source.force_refresh("lab")
    finally:
        holder.release()
    assert not issuer.requests("/token")


async def test_nothing_is_posted_when_the_store_could_not_take_the_new_token(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, clock: Clock
) -> None:
    clock.now += 3600
    sidecar = tmp_path / "auth.json.global.lock"
    sidecar.unlink()
    sidecar.mkdir()

    with pytest.raises(StoreUnwritableError, match=r"auth\.json\.global\.lock"):
        await source.get_valid("lab")
    assert not issuer.requests("/token")


async def test_a_store_behind_a_link_is_noticed_before_the_token_is_spent(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path
) -> None:
    path = tmp_path / "auth.json"
    path.symlink_to(path.rename(tmp_path / "real.json"))  # read through, and refused on write

    with pytest.raises(StoreUnwritableError, match="symbolic link"):
        await source.force_refresh("lab")
    assert not issuer.requests("/token")


async def test_nothing_is_posted_when_the_tenants_lock_cannot_be_opened(
    source: TokenSource, login: TokenEntry, issuer: Issuer, tmp_path: Path, clock: Clock
) -> None:
    sidecar = tmp_path / "auth.json.refresh.lab.lock"
    sidecar.unlink(missing_ok=True)
    sidecar.mkdir()

    assert (await source.get_valid("lab", min_ttl=7200)).value == login.access_token
    clock.now += 3600
    with pytest.raises(StoreUnwritableError, match=r"auth\.json\.refresh\.lab\.lock"):
        await source.get_valid("lab")
    assert not issuer.requests("/token")


async def test_a_tenant_that_no_sidecar_can_bear_is_never_refreshed(issuer: Issuer, clock: Clock) -> None:
    class Nameless(MemoryStore):
        def lease(self, tenant: str) -> NoReturn:  # as a file would
            raise InvalidTenantError(tenant, "no file can be called so")

    entry = TokenEntry(Secret("a"), Secret("r"), 0, issuer.token_url, "codex")
    source = TokenSource(Nameless({"codex": entry}), catalogue=Catalogue.shipped({}), clock=clock)

    with pytest.raises(InvalidTenantError):
        await source.get_valid("codex")


async def test_a_driver_that_is_passed_in_is_left_open(
    store: AsyncStore, login: TokenEntry, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        await source.force_refresh("lab")
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        await source.force_refresh("lab")
