"""Device logins after restarts, with two bots on one store, and during failures of vendor or store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeniedError, NoPendingLoginError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, PendingEntry
from tests.oauth.flows.device.logins.device_logins import ADA, FLOWS, Start
from tests.support.patience import until


async def test_a_restart_in_between_goes_on_polling(start: Start, issuer: Issuer) -> None:
    before = start()
    offer = await before.begin("lab", ADA)
    waiting = asyncio.create_task(before.outcome("lab", ADA))
    await asyncio.sleep(0)
    await before.aclose()
    assert await waiting is None
    await issuer.approve_device(offer.user_code or "")

    after = start()
    resumed = await after.resume(lambda login: login.user != CONSOLE)

    assert [(login.vendor, login.user) for login in resumed] == [("lab", ADA)]
    assert await after.outcome("lab", ADA)


async def test_a_restart_survives_an_agent_that_dropped_what_it_does_not_know(
    start: Start, issuer: Issuer, store: AsyncStore
) -> None:
    """The Rust agents write back only the fields that they know."""
    before = start()
    offer = await before.begin("codex-device", ADA)
    await before.aclose()
    entry = (await store.read())["pending:codex-device:1"]
    assert isinstance(entry, PendingEntry)
    bare = PendingEntry(entry.verifier, entry.state, entry.token_url, entry.provider_name, None, entry.created_at)
    await store.update(lambda draft: draft.update({"pending:codex-device:1": bare}))
    await issuer.approve_device(offer.user_code or "")

    after = start()
    await after.resume(lambda login: login.user != CONSOLE)

    assert await after.outcome("codex-device", ADA)


@pytest.mark.parametrize("vendor", FLOWS)
async def test_two_bots_make_one_login_of_one_code_and_tell_of_no_failure(
    start: Start, issuer: Issuer, store: AsyncStore, catalogue: Catalogue, vendor: str
) -> None:
    """A bot and its successor poll for the same login; the vendor gives it to one of them."""
    here, there = start(), start()
    offer = await here.begin(vendor, ADA)
    await there.resume(lambda login: login.user == ADA)
    outcomes = [asyncio.create_task(logins.outcome(vendor, ADA)) for logins in (here, there)]
    assert issuer.devices.decide(offer.user_code or "", "allow")
    for path in ("/token", "/codex/token", "/aws/token"):
        issuer.faults.next(path, delay=0.5)  # the other one asks meanwhile, and is told that the code is not known

    ended = [await outcome for outcome in outcomes]

    assert [done.vendor.name for done in ended if done] == [vendor, vendor]
    assert [done.elsewhere for done in ended if done].count(True) == 1
    assert [done.elsewhere for done in ended if done].count(True) == 1
    assert len(issuer.families) == 1
    assert not issuer.families[0].revoked
    assert list(await store.read()) == [catalogue.get(vendor).tenant]


async def test_a_denial_that_the_other_bot_was_told_is_not_called_an_expiry(start: Start, issuer: Issuer) -> None:
    here, there = start(), start()
    offer = await here.begin("lab", ADA)
    await there.resume(lambda login: login.user == ADA)
    outcomes = [asyncio.create_task(logins.outcome("lab", ADA)) for logins in (here, there)]
    assert issuer.devices.decide(offer.user_code or "", "deny")
    issuer.faults.next("/token", delay=0.5)

    ended = await asyncio.gather(*outcomes, return_exceptions=True)

    assert {type(error) for error in ended} <= {LoginDeniedError, NoPendingLoginError}
    assert [type(error) for error in ended].count(LoginDeniedError) == 1


async def test_the_consoles_logins_are_left_to_the_console(start: Start) -> None:
    before = start()
    await before.begin("lab", CONSOLE)
    await before.aclose()

    assert not await start().resume(lambda login: login.user != CONSOLE)
    assert [login.user for login in await start().resume(lambda login: login.user == CONSOLE)] == [CONSOLE]


async def test_a_poll_that_has_got_the_tokens_stores_them_whoever_went_away(
    start: Start, issuer: Issuer, store: AsyncStore
) -> None:
    logins = start()
    offer = await logins.begin("lab", ADA)
    await issuer.approve_device(offer.user_code or "")
    issuer.faults.next("/token", delay=0.3)
    await until(lambda: bool(issuer.requests("/token")))

    await logins.aclose()

    assert "lab" in await store.read()


async def test_trouble_at_the_vendor_is_waited_out(logins: Logins, issuer: Issuer) -> None:
    offer = await logins.begin("lab", ADA)
    issuer.faults.next("/token", status=503)
    issuer.faults.next("/token", cut="before")
    issuer.faults.next("/token", html="<h1>gateway</h1>", status=502)
    await issuer.approve_device(offer.user_code or "")

    assert await logins.outcome("lab", ADA)


async def test_a_store_that_is_out_of_order_for_a_while_ends_no_login(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    file, aside = tmp_path / "auth.json", tmp_path / "aside"
    offer = await logins.begin("lab", ADA)
    await issuer.approve_device(offer.user_code or "")
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    await until(lambda: bool(issuer.requests("/token")))
    file.rename(aside)
    file.mkdir()
    answer.set()
    await asyncio.sleep(0.4)  # the grant comes meanwhile
    file.rmdir()
    aside.rename(file)

    assert await logins.outcome("lab", ADA)
    assert "lab" in await store.read()


async def test_a_store_that_cannot_be_read_is_waited_for(logins: Logins, issuer: Issuer, tmp_path: Path) -> None:
    file, aside = tmp_path / "auth.json", tmp_path / "aside"
    offer = await logins.begin("lab", ADA)
    file.rename(aside)
    file.mkdir()
    await asyncio.sleep(0.2)
    assert not issuer.requests("/token")
    file.rmdir()
    aside.rename(file)
    await issuer.approve_device(offer.user_code or "")

    assert await logins.outcome("lab", ADA)
