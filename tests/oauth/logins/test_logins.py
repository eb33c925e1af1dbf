"""The two steps of a login and its end, against a real authorization server and a real credential file."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import traceback
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginTakenError,
    NoPendingLoginError,
    NotLoggedInError,
    PasteRefusedError,
    TooManyLoginsError,
    UnknownVendorError,
    VendorUnavailableError,
    WhichLoginError,
)
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.paste import DeniedRedirectError
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    AsyncStore,
    DeadToken,
    FileStore,
    Note,
    OpenabAuthError,
    PendingEntry,
    Secret,
    StorageError,
    TokenEntry,
    UserId,
)
from openab_auth.storage.draft import Draft

ADA, BOB = UserId(1001), UserId(1002)


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


async def log_in(logins: Logins, issuer: Issuer, vendor: str = "lab", user: UserId = ADA) -> LoginResult:
    offer = await logins.begin(vendor, user)
    return await logins.complete(await issuer.approve(offer.url), user)


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


async def test_a_vendor_known_by_its_issuer_alone_logs_in_and_is_named_by_userinfo(
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


async def test_another_persons_login_is_replaced_only_after_a_yes(logins: Logins, issuer: Issuer, clock: Clock) -> None:
    await log_in(logins, issuer)

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)
    offer = await logins.begin("lab", BOB, replaces=taken.value.generation)
    done = await logins.complete(await issuer.approve(offer.url, "bob@example.com"), BOB)

    assert taken.value.logged_in_by == ADA
    assert taken.value.account == "ada@example.com"
    assert done.replaced == "ada@example.com"


@pytest.mark.parametrize("seconds", [5, 0, -60])
async def test_a_login_made_by_another_person_in_between_is_not_overwritten(
    logins: Logins, issuer: Issuer, clock: Clock, seconds: float
) -> None:
    """Cases 38: the owner is checked again at completion, whatever the clock says of which came first."""
    offer = await logins.begin("lab", BOB)
    clock.now += seconds
    await log_in(logins, issuer)

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(offer.url), BOB)

    assert len(issuer.requests("/token")) == 1


async def test_a_dead_login_is_anybodys_to_replace(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await log_in(logins, issuer)
    await store.update(mark_dead)

    await log_in(logins, issuer, "lab", BOB)

    assert (await store.notes())["lab"].dead is None


def mark_dead(draft: Draft) -> None:
    entry = draft["lab"]
    assert isinstance(entry, TokenEntry)
    dead = DeadToken(entry.refresh_token.fingerprint(), "invalid_grant", 1)
    draft.notes["lab"] = dataclasses.replace(draft.notes["lab"], dead=dead)


async def test_a_refused_code_keeps_the_old_login_and_uses_the_link_up(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer)
    before = await store.read()
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    issuer.faults.next("/token", status=400, body={"error": "invalid_grant"})

    with pytest.raises(ExchangeRefusedError):
        await logins.complete(redirect, ADA)

    assert await store.read() == before


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_reply_uses_the_link_up_and_says_so(logins: Logins, issuer: Issuer, when: str) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    issuer.faults.next("/token", cut=when)  # type: ignore[arg-type] # one of its two words

    with pytest.raises(VendorUnavailableError) as lost:
        await logins.complete(redirect, ADA)

    assert "begin again" in lost.value.todo
    assert await logins.pending(ADA) == ()


async def test_a_code_that_never_left_may_be_pasted_again(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    await store.update(lambda draft: point_at(draft, "http://127.0.0.1:1/token"))

    with pytest.raises(VendorUnavailableError) as unsent:
        await logins.complete(redirect, ADA)
    assert not unsent.value.sent
    assert [login.vendor for login in await logins.pending(ADA)] == ["lab"]

    await store.update(lambda draft: point_at(draft, issuer.token_url))
    assert (await logins.complete(redirect, ADA)).vendor.name == "lab"


def point_at(draft: Draft, token_url: str) -> None:
    for key, entry in list(draft.items()):
        assert isinstance(entry, PendingEntry)
        draft[key] = dataclasses.replace(entry, token_url=token_url)


async def test_a_caller_that_goes_away_does_not_stop_the_login(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    issuer.faults.next("/token", delay=0.3)
    caller = asyncio.create_task(logins.complete(redirect, ADA))
    while not issuer.requests("/token"):  # the issuer has no event for it
        await asyncio.sleep(0.01)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await logins.aclose()

    assert "lab" in await store.read()


async def test_a_login_waits_for_a_refresh_in_flight_but_not_for_ever(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """Design: stored all the same when the tenant lock is not had in time."""
    lock = store.lease("lab")
    assert lock.try_acquire()
    try:
        done = await log_in(logins, issuer)
    finally:
        lock.release()

    assert done.vendor.name == "lab"
    assert "lab" in await store.read()


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

    out = await logins.logout("lab", revoke=True)

    assert (out.revoked, out.removed, out.note) == (True, True, None)
    assert issuer.families[0].revoked
    assert await store.read() == {}
    assert await store.notes() == {}
    with pytest.raises(NotLoggedInError):
        await logins.logout("lab", revoke=True)


async def test_a_local_logout_asks_nobody(logins: Logins, issuer: Issuer) -> None:
    await log_in(logins, issuer)

    out = await logins.logout("lab", revoke=False)

    assert (out.revoked, out.removed) == (False, True)
    assert not issuer.requests("/revoke")


async def test_logout_works_while_the_vendor_is_down_and_says_that_it_was_not_told(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer)
    issuer.faults.next("/revoke", status=503)

    out = await logins.logout("lab", revoke=True)

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

    await logins.logout("lab", revoke=False)

    left = on_disk(tmp_path)
    assert b"access_token" in left
    assert entry.access_token.reveal().encode() not in left
    assert entry.refresh_token.reveal().encode() not in left


async def test_a_logout_of_a_login_that_a_killed_writer_had_not_stored_yet_clears_what_that_left(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer)
    left = tmp_path / "auth.json.tmp.4711.0"
    left.write_bytes((tmp_path / "auth.json").read_bytes())
    (tmp_path / "auth.json").write_text("{}")

    with pytest.raises(NotLoggedInError):
        await logins.logout("lab", revoke=False)

    assert "auth.json.tmp.4711.0" not in os.listdir(tmp_path)  # noqa: PTH208 -- names


@pytest.mark.parametrize("name", ["auth.json.notes", "auth.json.global.lock"])
async def test_a_logout_that_could_not_remove_the_login_does_not_have_the_vendor_end_it(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path, name: str
) -> None:
    """Else the login is there, dead, and nobody is told why."""
    await log_in(logins, issuer)
    place = tmp_path / name
    place.unlink()
    place.mkdir()

    with pytest.raises(StorageError, match=name):
        await logins.logout("lab", revoke=True)

    assert issuer.requests("/revoke") == []
    assert "lab" in await store.read()


async def test_a_logout_that_the_vendor_has_made_final_waits_for_the_store(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer)
    notes = tmp_path / "auth.json.notes"
    issuer.faults.next("/revoke", delay=0.15)
    leaving = asyncio.create_task(logins.logout("lab", revoke=True))
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

    assert (done.revoked, done.removed, done.stands) == (True, True, False)
    assert "lab" not in await store.read()


async def test_logout_of_a_tenant_that_no_vendor_has_works(logins: Logins, store: AsyncStore) -> None:
    entry = TokenEntry(Secret("at"), Secret("rt"), 1, "https://gone.example/token", "gone")
    await store.update(lambda draft: draft.update(gone=entry))

    out = await logins.logout("gone", revoke=True)

    assert (out.revoked, out.removed) == (False, True)
    assert out.note is not None


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

    said = told + caplog.text + repr(await logins.status()) + repr(await store.read())
    assert not [secret for secret in secrets if secret in said]
