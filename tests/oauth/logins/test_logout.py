"""A logout: the tokens that it removes, the revocation, and the login that it ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.accounts import Account
from openab_auth.oauth.client import Driver, OAuthClient
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    LoginChangedError,
    NoPendingLoginError,
    NotLoggedInError,
    ReservedLoginError,
    WhichLoginError,
)
from openab_auth.oauth.logins import Logins, LogoutResult
from openab_auth.oauth.logins.logout import LoginRemover
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import AsyncStore, FileStore, Secret, StorageError, Tenant, TokenEntry
from tests.oauth.logins.code_logins import ADA, BOB, generation, log_in
from tests.support.clock import Clock


async def test_cancel_forgets_the_one_that_waits(logins: Logins) -> None:
    with pytest.raises(NoPendingLoginError):
        await logins.cancel(ADA)
    await logins.begin("lab", ADA)
    await logins.begin("jay", ADA)
    with pytest.raises(WhichLoginError, match="jay, lab"):
        await logins.cancel(ADA)

    assert (await logins.cancel(ADA, "lab")).name == "lab"
    assert (await logins.cancel(ADA)).name == "jay"
    assert await logins.pending(ADA) == ()


async def test_logout_removes_and_revokes(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await log_in(logins, issuer)

    out = await logins.logout(await logins.account("lab"), revoke=True)

    assert (out.revoked, out.removed, out.note) == (True, True, None)
    assert issuer.families[0].revoked
    assert await store.read() == {}
    assert await store.notes() == {}
    with pytest.raises(NotLoggedInError):
        await logins.logout(await logins.account("lab"), revoke=True)


async def test_the_login_of_openab_itself_is_never_removed(logins: Logins, store: AsyncStore) -> None:
    """The `openab` binary writes `gmail-native` into the same file."""
    kept = TokenEntry(Secret("a"), Secret("r"), 1, "https://x.example/token", "gmail-native")
    await store.update(lambda draft: draft.update({"gmail-native": kept}))

    for revoke in (True, False):
        with pytest.raises(ReservedLoginError, match="login of the `openab` program itself; it is untouched"):
            await logins.logout(await logins.account("gmail-native"), revoke=revoke)

    assert await store.read() == {"gmail-native": kept}


async def test_a_local_logout_asks_nobody(logins: Logins, issuer: Issuer) -> None:
    await log_in(logins, issuer)

    out = await logins.logout(await logins.account("lab"), revoke=False)

    assert (out.revoked, out.removed) == (False, True)
    assert not issuer.requests("/revoke")


async def test_logout_works_while_the_vendor_is_down_and_says_so(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer)
    issuer.faults.next("/revoke", status=503)

    out = await logins.logout(await logins.account("lab"), revoke=True)

    assert (out.revoked, out.removed) == (False, True)
    assert out.note is not None
    assert "503" in out.note
    assert await store.read() == {}


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


async def test_a_logout_leaves_the_tokens_in_no_file(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer)
    entry = (await store.read())["lab"]
    assert isinstance(entry, TokenEntry)
    kept = (tmp_path / "auth.json").read_bytes() + b"}"
    (tmp_path / "auth.json.corrupt-1700000000").write_bytes(kept)

    await logins.logout(await logins.account("lab"), revoke=False)

    left = on_disk(tmp_path)
    assert b"access_token" in left
    assert entry.access_token.reveal().encode() not in left
    assert entry.refresh_token.reveal().encode() not in left


async def test_a_logout_clears_a_login_that_a_killed_writer_had_not_stored_yet(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer)
    left = tmp_path / "auth.json.tmp.4711.0"
    left.write_bytes((tmp_path / "auth.json").read_bytes())
    (tmp_path / "auth.json").write_text("{}")

    with pytest.raises(NotLoggedInError):
        await logins.logout(await logins.account("lab"), revoke=False)

    assert "auth.json.tmp.4711.0" not in os.listdir(tmp_path)  # noqa: PTH208 -- names


@pytest.mark.parametrize("name", ["auth.json.notes", "auth.json.global.lock"])
async def test_a_logout_that_cannot_remove_the_login_does_not_revoke_it(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path, name: str
) -> None:
    """Otherwise the store would keep a dead login, and nobody would know why."""
    await log_in(logins, issuer)
    place = tmp_path / name
    place.unlink()
    place.mkdir()

    with pytest.raises(StorageError, match=name):
        await logins.logout(await logins.account("lab"), revoke=True)

    assert issuer.requests("/revoke") == []
    assert "lab" in await store.read()


async def test_a_logout_that_the_vendor_has_made_final_waits_for_the_store(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer)
    notes = tmp_path / "auth.json.notes"
    issuer.faults.next("/revoke", delay=0.15)
    leaving = asyncio.create_task(logins.logout(await logins.account("lab"), revoke=True))
    while not issuer.requests("/revoke"):
        await asyncio.sleep(0.01)
    data = notes.read_bytes()
    notes.unlink()
    notes.mkdir()

    def mend() -> None:
        notes.rmdir()
        notes.write_bytes(data)

    asyncio.get_running_loop().call_later(0.3, mend)

    done = await leaving

    assert (done.revoked, done.removed, done.newer_kept) == (True, True, False)
    assert "lab" not in await store.read()


async def test_logout_of_a_tenant_that_no_vendor_has_works(logins: Logins, store: AsyncStore) -> None:
    entry = TokenEntry(Secret("at"), Secret("rt"), 1, "https://gone.example/token", "gone")
    await store.update(lambda draft: draft.update(gone=entry))

    out = await logins.logout(await logins.account("gone"), revoke=True)

    assert (out.revoked, out.removed) == (False, True)
    assert out.note is not None


async def test_a_spilled_login_is_ended_by_a_logout(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer
) -> None:
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock))
    spilled = TokenEntry(Secret("a"), Secret("r"), int(clock()) + 3600, issuer.token_url, "lab")
    await store.spill("lab", spilled, None)
    assert (await store.read())["lab"] == spilled
    logins = Logins(catalogue, store, driver, clock=clock)

    await logins.logout(await logins.account("lab"), revoke=False)

    assert "lab" not in FileStore(tmp_path / "auth.json", clock=clock).read()
    assert not (tmp_path / "auth.json.spill.lab").exists()
    await logins.aclose()


@pytest.mark.parametrize("logins", [0.1], indirect=True)
async def test_a_logout_leaves_a_login_that_came_in_while_the_vendor_was_told(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    second = await issuer.approve((await logins.begin("lab", ADA)).url)
    told = asyncio.Event()
    issuer.faults.next("/revoke", until=told)
    leaving = asyncio.create_task(logins.logout(await logins.account("lab"), revoke=True))
    while not issuer.requests("/revoke"):
        await asyncio.sleep(0.01)

    await logins.complete(second, ADA)  # it waits for the tenant's lock in vain, and is stored all the same
    stored = (await store.read())["lab"]
    told.set()
    out = await leaving

    assert (out.removed, out.newer_kept, out.revoked, out.note) == (False, True, True, None)
    assert (await store.read())["lab"] == stored


@pytest.mark.parametrize("logins", [0.1], indirect=True)
async def test_a_logout_of_a_login_that_is_gone_says_that_and_no_more(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    told = asyncio.Event()
    issuer.faults.next("/revoke", until=told)
    first = asyncio.create_task(logins.logout(await logins.account("lab"), revoke=True))
    while not issuer.requests("/revoke"):
        await asyncio.sleep(0.01)

    # It waits for the tenant's lock in vain, and removes all the same.
    second = await logins.logout(await logins.account("lab"), revoke=False)
    told.set()
    out = await first

    assert second.removed
    assert (out.removed, out.newer_kept, out.revoked, out.note) == (False, False, True, None)
    assert await store.read() == {}


@pytest.mark.parametrize("revoke", [False, True])
@pytest.mark.parametrize("other", ["another person's", "the same person's next", "one without its note"])
async def test_a_logout_ends_the_login_that_it_was_about_or_none(
    logins: Logins, issuer: Issuer, store: AsyncStore, other: str, revoke: bool
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    asked_about = await generation(logins)
    if other == "one without its note":
        await store.update(lambda draft: draft.notes.pop("lab"))
    else:
        user = BOB if other == "another person's" else ADA
        offer = await logins.begin("lab", user, replaces=asked_about)
        await logins.complete(await issuer.approve(offer.url), user)
    stands = (await store.read())["lab"]

    with pytest.raises(LoginChangedError):
        await logins.logout(await logins.account("lab"), asked_about, revoke=revoke)

    assert (await store.read())["lab"] == stands
    assert not issuer.requests("/revoke")


async def test_a_logout_that_waits_for_a_refresh_spares_the_login_that_comes_in(
    logins: Logins, issuer: Issuer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`openab-auth logout lab` means the login that existed when it was typed."""
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    offer = await logins.begin("lab", BOB, replaces=await generation(logins))
    redirect = await issuer.approve(offer.url, "bob@example.com")
    remove = LoginRemover.remove

    async def late(
        self: LoginRemover, tenant: Tenant, made: str, client: OAuthClient | None, *, revoke: bool
    ) -> LogoutResult:
        await logins.complete(redirect, BOB)
        return await remove(self, tenant, made, client, revoke=revoke)

    monkeypatch.setattr(LoginRemover, "remove", late)

    with pytest.raises(LoginChangedError):
        await logins.logout(await logins.account("lab"), revoke=True)

    assert (await store.notes())["lab"].logged_in_by == BOB
    assert not issuer.requests("/revoke")


async def test_a_vendors_login_under_a_servers_name_is_not_shown_to_the_server(
    issuer: Issuer, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    """The vendor's table has gone from the config; a server has its name by now."""
    config = Config(auth=AuthSettings(allow_http_loopback=True), mcp={"gone": {"url": f"{issuer.url}/mcp"}})
    entry = TokenEntry(Secret("at"), Secret("rt"), 1, "https://gone.example/token", "gone")
    await store.update(lambda draft: draft.update(gone=entry))
    logins = Logins(Catalogue.from_config(config, {}), store, driver, clock=clock)

    out = await logins.logout(Account(VendorName("gone"), Tenant("gone")), revoke=True)
    await logins.aclose()

    assert (out.revoked, out.removed) == (False, True)
    assert out.note is not None
    assert "no vendor of this name" in out.note
    assert not issuer.requests("/revoke")
