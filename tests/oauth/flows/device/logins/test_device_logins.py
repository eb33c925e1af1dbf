"""Device logins: approved, denied, expired, cancelled, replaced, continued after a restart, and renewed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import NoReturn

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import PendingLogin, pending_entry, unsaved
from openab_auth.oauth.errors import (
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    NoPendingLoginError,
    VendorUnavailableError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, PendingEntry, TokenEntry
from tests.oauth.flows.device.logins.device_logins import ADA, FLOWS, Start
from tests.support.clock import Clock
from tests.support.locks import foreign_lock
from tests.support.patience import PATIENCE, until


@pytest.mark.parametrize("vendor", FLOWS)
async def test_an_approved_login_is_in_the_store_as_the_agents_want_it(
    logins: Logins, store: AsyncStore, issuer: Issuer, catalogue: Catalogue, vendor: str
) -> None:
    offer = await logins.begin(vendor, ADA)
    assert offer.user_code is not None
    assert offer.user_code in offer.url or offer.url == issuer.devices.page
    await issuer.approve_device(offer.user_code)

    done = await logins.outcome(vendor, ADA)

    assert done is not None
    tenant = catalogue.get(vendor).tenant
    entry = (await store.read())[tenant]
    assert isinstance(entry, TokenEntry)
    assert entry.access_token
    assert entry.refresh_token
    assert (await store.notes())[tenant].logged_in_by == ADA
    assert not await logins.pending(ADA)


@pytest.mark.parametrize(("vendor", "account"), [("lab", "ada@example.com"), ("copilot", "ada@example.com")])
async def test_whose_login_it_is_comes_from_the_id_token_or_from_userinfo(
    logins: Logins, issuer: Issuer, vendor: str, account: str
) -> None:
    offer = await logins.begin(vendor, ADA)
    await issuer.approve_device(offer.user_code or "")

    done = await logins.outcome(vendor, ADA)

    assert done is not None
    assert done.account == account


async def test_the_endpoints_may_come_from_the_issuers_metadata(logins: Logins, issuer: Issuer) -> None:
    """RFC 8628 4."""
    offer = await logins.begin("found", ADA)
    await issuer.approve_device(offer.user_code or "")

    assert await logins.outcome("found", ADA)


@pytest.mark.parametrize("vendor", FLOWS)
async def test_a_denied_login_ends_and_waits_no_longer(logins: Logins, issuer: Issuer, vendor: str) -> None:
    offer = await logins.begin(vendor, ADA)
    await issuer.deny_device(offer.user_code or "")

    with pytest.raises(LoginDeniedError):
        await logins.outcome(vendor, ADA)

    assert not await logins.pending(ADA)


async def test_a_login_that_nobody_approves_ends_with_its_code(logins: Logins, clock: Clock) -> None:
    await logins.begin("lab", ADA)
    waiting = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)
    clock.now += 601

    with pytest.raises(LoginExpiredError):
        await asyncio.wait_for(waiting, PATIENCE)


async def test_a_cancelled_login_is_polled_no_longer(logins: Logins, issuer: Issuer) -> None:
    await logins.begin("lab", ADA)
    waiting = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)

    await logins.cancel(ADA)

    with pytest.raises(NoPendingLoginError):
        await waiting
    polled = len(issuer.requests("/token"))
    await asyncio.sleep(0.15)
    assert len(issuer.requests("/token")) <= polled + 1


async def test_a_login_that_another_process_cancels_ends_here_too(start: Start, issuer: Issuer) -> None:
    here, there = start(), start()
    offer = await here.begin("lab", ADA)
    await there.cancel(ADA)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(NoPendingLoginError):
        await here.outcome("lab", ADA)

    assert not [family for family in issuer.families if family.access_tokens]


async def test_a_login_that_may_not_be_stored_is_revoked_whatever_else_fails(
    store: AsyncStore,
    driver: Driver,
    clock: Clock,
    issuer: Issuer,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(_: PendingLogin) -> NoReturn:
        raise LoginDeniedError(offer.vendor.name, "not any longer")

    def fail(*_: object, **__: object) -> NoReturn:
        raise MemoryError

    object.__setattr__(catalogue.get("lab"), "revoke_url", issuer.revoke_url)
    logins = Logins(catalogue, store, driver, clock=clock, admit=refuse)
    offer = await logins.begin("lab", ADA)
    monkeypatch.setattr(pending_entry, "take", fail)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(LoginDeniedError):
        await logins.outcome("lab", ADA)

    assert issuer.families[0].revoked
    await logins.aclose()


async def test_what_was_cancelled_while_the_vendor_gave_it_is_revoked(
    start: Start, issuer: Issuer, catalogue: Catalogue
) -> None:
    here, there = start(), start()
    vendor = catalogue.get("lab")
    object.__setattr__(vendor, "revoke_url", issuer.revoke_url)
    offer = await here.begin("lab", ADA)
    await issuer.approve_device(offer.user_code or "")
    issuer.faults.next("/token", delay=0.3)
    await until(lambda: bool(issuer.requests("/token")))

    await there.cancel(ADA)

    with pytest.raises(NoPendingLoginError):
        await here.outcome("lab", ADA)
    assert issuer.families[0].revoked


async def test_a_login_in_memory_that_is_cancelled_is_revoked(
    catalogue: Catalogue, driver: Driver, clock: Clock, tmp_path: Path, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsaved, "_RETRY", 60.0)
    object.__setattr__(catalogue.get("lab"), "revoke_url", issuer.revoke_url)
    store = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    logins = Logins(catalogue, store, driver, clock=clock, lock_wait=0.1)
    offer = await logins.begin("lab", ADA)
    (tmp_path / "auth.json.spill.lab").mkdir()
    with foreign_lock(tmp_path / "auth.json.global.lock"):
        await issuer.approve_device(offer.user_code or "")
        with pytest.raises(LoginNotStoredError, match="it is in memory"):
            await logins.outcome("lab", ADA)

    await logins.cancel(ADA)
    await logins.aclose()

    assert issuer.families[0].revoked
    assert not await store.read()


async def test_no_request_follows_a_429_at_the_start(logins: Logins, issuer: Issuer) -> None:
    issuer.faults.next("/device_authorization", status=429, headers={"Retry-After": "30"}, body={})

    with pytest.raises(VendorUnavailableError):
        await logins.begin("lab", ADA)

    assert not await logins.pending(ADA)
    assert len(issuer.requests()) == 1


async def test_nothing_secret_is_in_what_is_shown(logins: Logins, store: AsyncStore, tmp_path: Path) -> None:
    offer = await logins.begin("lab", ADA)
    entry = (await store.read())["pending:lab:1"]
    assert isinstance(entry, PendingEntry)
    shown = f"{offer!r} {await logins.states.status()!r} {entry!r}"

    assert entry.verifier.reveal() not in shown
    assert entry.verifier.reveal() not in offer.url
    written = json.loads((tmp_path / "auth.json").read_text())["pending:lab:1"]
    assert {"verifier", "state", "token_url", "provider_name", "created_at"} <= set(written)
