"""The two steps of a login and its end, against a real authorization server and a real credential file."""

from __future__ import annotations

import asyncio
import logging
import traceback
from pathlib import Path
from typing import NoReturn

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import NoPendingLoginError, PasteRefusedError, TooManyLoginsError, UnknownVendorError
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.paste import DeniedRedirectError
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, Note, OpenabAuthError, PendingEntry, TokenEntry
from tests.oauth.logins.code_logins import ADA, BOB, log_in
from tests.support.clock import Clock


async def test_a_login_ends_in_the_store_with_a_note(
    logins: Logins, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    offer = await logins.begin("lab", ADA)
    done = await logins.complete(await issuer.approve(offer.url), ADA)

    entries = await store.read()
    entry = entries["lab"]
    assert isinstance(entry, TokenEntry)
    assert list(entries) == ["lab"]
    assert entry.provider == "lab"
    assert entry.token_endpoint == issuer.token_url
    assert entry.refresh_token.reveal() == issuer.families[0].refresh_token
    assert done.account == "ada@example.com"
    assert done.expires_at == entry.expires_at == clock.now + 3600
    note = (await store.notes())["lab"]
    assert note.subject is not None
    assert note.subject.fingerprint == entry.refresh_token.fingerprint()
    scopes, made = ("openid", "email", "offline_access"), offer.generation
    assert note == Note("ada@example.com", ADA, int(clock.now), scopes, generation=made, subject=note.subject)


async def test_a_vendor_known_by_its_issuer_logs_in_named_by_userinfo(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    done = await log_in(logins, issuer, "found")

    assert done.account == "ada@example.com"
    assert (await store.notes())["found"].account == "ada@example.com"


async def test_a_userinfo_that_is_down_costs_no_login(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    issuer.faults.next("/userinfo", status=500)

    done = await log_in(logins, issuer, "found")

    assert done.account is None
    assert "found" in await store.read()


async def test_what_fails_once_a_login_is_stored_does_not_tell_it_as_failed(
    logins: Logins, issuer: Issuer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(login_entry, "name_account", fail)

    assert (await log_in(logins, issuer, "found")).account is None
    assert "found" in await store.read()


async def test_a_restart_between_the_steps_changes_nothing(  # fixtures
    logins: Logins, issuer: Issuer, catalogue: Catalogue, driver: Driver, tmp_path: Path, clock: Clock
) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    reborn = Logins(catalogue, AsyncStore(FileStore(tmp_path / "auth.json", clock=clock)), driver, clock=clock)

    assert (await reborn.complete(redirect, ADA)).vendor.name == "lab"


async def test_a_paste_sent_twice_at_once_exchanges_its_code_once(logins: Logins, issuer: Issuer) -> None:
    """Design, "The two steps": a pending login is taken before its code is posted."""
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)

    outcomes = await asyncio.gather(*(logins.complete(redirect, ADA) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(outcome, LoginResult) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NoPendingLoginError) for outcome in outcomes) == 7
    assert len(issuer.requests("/token")) == 1
    assert not issuer.families[0].revoked


async def test_another_persons_paste_finds_nothing(logins: Logins, issuer: Issuer) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)

    with pytest.raises(NoPendingLoginError):
        await logins.complete(redirect, BOB)
    await logins.begin("lab", BOB)
    with pytest.raises(PasteRefusedError, match="a different login"):
        await logins.complete(redirect, BOB)

    assert not issuer.requests("/token")
    assert (await logins.complete(redirect, ADA)).vendor.name == "lab"


async def test_of_several_pending_logins_the_paste_finds_its_own(logins: Logins, issuer: Issuer) -> None:
    lab = await logins.begin("lab", ADA)
    await logins.begin("jay", ADA)

    done = await logins.complete(await issuer.approve(lab.url), ADA)

    assert done.vendor.name == "lab"
    assert [login.vendor for login in await logins.pending(ADA)] == ["jay"]


async def test_a_paste_for_a_named_vendor_is_not_taken_for_another(logins: Logins, issuer: Issuer) -> None:
    lab = await logins.begin("lab", ADA)
    await logins.begin("jay", ADA)
    redirect = await issuer.approve(lab.url)

    with pytest.raises(PasteRefusedError, match="a different login"):
        await logins.complete(redirect, ADA, "jay")

    assert len(await logins.pending(ADA)) == 2


async def test_two_people_at_once_and_one_person_at_two_vendors(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await asyncio.gather(
        log_in(logins, issuer, "lab", ADA), log_in(logins, issuer, "jay", BOB), log_in(logins, issuer, "found", ADA)
    )

    assert set(await store.read()) == {"lab", "jay", "found"}
    assert (await store.notes())["jay"].logged_in_by == BOB


async def test_a_bad_paste_leaves_the_login_waiting(logins: Logins, issuer: Issuer) -> None:
    offer = await logins.begin("lab", ADA)

    for paste in ["hello", offer.url, "http://localhost:1455/auth/callback?code=abc123&state=wrong"]:
        with pytest.raises(PasteRefusedError):
            await logins.complete(paste, ADA)

    assert (await logins.complete(await issuer.approve(offer.url), ADA)).vendor.name == "lab"


async def test_a_denial_ends_the_login(logins: Logins, issuer: Issuer) -> None:
    offer = await logins.begin("lab", ADA)

    with pytest.raises(DeniedRedirectError):
        await logins.complete(await issuer.deny(offer.url), ADA)

    assert await logins.pending(ADA) == ()


async def test_a_paste_after_fifteen_minutes_is_too_late(logins: Logins, issuer: Issuer, clock: Clock) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    assert offer.expires_at == clock.now + 900
    clock.now = offer.expires_at

    with pytest.raises(NoPendingLoginError):
        await logins.complete(redirect, ADA)
    assert not issuer.requests("/token")


async def test_a_new_link_ends_the_old_one(logins: Logins, issuer: Issuer) -> None:
    old = await logins.begin("lab", ADA)
    await logins.begin("lab", ADA)

    with pytest.raises(PasteRefusedError):
        await logins.complete(await issuer.approve(old.url), ADA)


async def test_a_person_has_a_bounded_number_of_pending_logins(
    catalogue: Catalogue, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    logins = Logins(catalogue, store, driver, clock=clock, max_pending=2)
    await logins.begin("lab", ADA)
    await logins.begin("jay", ADA)

    with pytest.raises(TooManyLoginsError):
        await logins.begin("found", ADA)
    await logins.begin("jay", ADA)
    await logins.begin("found", BOB)
    clock.now += 900
    await logins.begin("found", ADA)


async def test_an_unknown_vendor_is_named_with_those_that_are_offered(logins: Logins) -> None:
    with pytest.raises(UnknownVendorError, match="lab"):
        await logins.begin("nope", ADA)


@pytest.mark.parametrize("fault", ["refused", "html", "cut", "endless", "foreign", "cancelled", "none"])
async def test_no_secret_reaches_a_log_or_an_error(
    logins: Logins, issuer: Issuer, store: AsyncStore, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Cases 44, with every library at DEBUG: no token, code, verifier or state."""
    caplog.set_level(logging.DEBUG)
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    (pending,) = [entry for entry in (await store.read()).values() if isinstance(entry, PendingEntry)]
    code = redirect.split("code=")[1].split("&")[0]
    secrets = {code, pending.verifier.reveal(), pending.state.reveal()}
    caplog.clear()
    echo = {"error": "invalid_grant", "error_description": f"bad {code} {pending.verifier.reveal()}"}
    match fault:
        case "refused":
            issuer.faults.next("/token", status=400, body=echo)
        case "html":
            issuer.faults.next("/token", html=f"<p>{code}</p>")
        case "cut":
            issuer.faults.next("/token", cut="after")
        case "endless":
            issuer.faults.next("/token", endless=True)
        case "foreign":
            redirect = redirect.replace(pending.state.reveal(), "x" * 43)
        case "cancelled":
            issuer.faults.next("/token", delay=0.2)

    caller = asyncio.create_task(logins.complete(redirect, ADA))
    if fault == "cancelled":
        await asyncio.sleep(0.1)
        caller.cancel()
    told = ""
    try:
        told = repr(await caller)
    except (OpenabAuthError, asyncio.CancelledError) as error:
        told = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    await logins.aclose()
    for family in issuer.families:
        secrets |= {family.refresh_token, *family.access_tokens}

    said = told + caplog.text + repr(await logins.states.status()) + repr(await store.read())
    assert not [secret for secret in secrets if secret in said]
