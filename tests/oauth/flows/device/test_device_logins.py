"""Device logins from begin to the store: approved, denied, expired, cancelled, replaced, restarted, and renewed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.config.config import AuthSettings, Config
from openab_auth.oauth.entries import PendingLogin, pending_entry
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeadError,
    LoginDeniedError,
    LoginExpiredError,
    LoginOvertakenError,
    LoginTakenError,
    NoPendingLoginError,
    NotRefreshableError,
    PlanMissingError,
    SecretMissingError,
    TooManyLoginsError,
    VendorUnavailableError,
)
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, PendingEntry, TokenEntry, UserId

ADA, BOB = UserId(1), UserId(2)
FLOWS = ("lab", "codex-device", "kiro", "copilot")
Start = Callable[[], Logins]


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    """Nobody waits for a whole second in here."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    monkeypatch.setattr("openab_auth.oauth.flows.device.approval.INTERVAL", 0.05)
    monkeypatch.setattr("openab_auth.oauth.flows.device.poll._SLOWER", 0.05)
    monkeypatch.setattr(
        "openab_auth.bot.playground.issuer.devices._SLOWER", 0
    )  # or two that poll never leave it in peace
    issuer.devices.interval = 0.05


@pytest.fixture
def catalogue(issuer: Issuer) -> Catalogue:
    """A vendor of the operator's own, and three shipped ones of which only the addresses and the client are changed."""
    lab = {"flow": "device", "device_url": issuer.device_url, "token_url": issuer.token_url, "client_id": CLIENT_ID}
    codex = {"device_url": f"{issuer.url}/codex/usercode", "authorize_url": issuer.devices.page}
    return Catalogue.from_config(
        Config(
            auth=AuthSettings(accept_risk=("kiro",)),
            vendors={
                "lab": {**lab, "scopes": ["openid", "email", "offline_access"], "account_from": "email"},
                "found": {"flow": "device", "issuer": issuer.url, "client_id": CLIENT_ID},
                "codex-device": {
                    **codex,
                    "token_url": issuer.token_url,
                    "redirect_uri": "http://localhost:1455/auth/callback",
                    "client_id": CLIENT_ID,
                },
                "kiro": {
                    "device_url": f"{issuer.url}/aws/device_authorization",
                    "token_url": f"{issuer.url}/aws/token",
                },
                "copilot": {
                    "device_url": issuer.device_url,
                    "token_url": issuer.token_url,
                    "userinfo_url": issuer.userinfo_url,
                    "account_from": "email",
                    "client_id": CLIENT_ID,
                },
            },
        ),
        {},
    )


@pytest.fixture
async def start(catalogue: Catalogue, tmp_path: Path, clock: Callable[[], float]) -> AsyncIterator[Start]:
    """Starts the logins anew on the same store, as another process or a restart does."""
    async with AsyncExitStack() as stack:

        def begin() -> Logins:
            store, driver = (
                AsyncStore(FileStore(tmp_path / "auth.json", clock=clock)),
                Driver(clock=clock, deadline=2.0),
            )
            logins = Logins(catalogue, store, driver, clock=clock, lock_wait=0.5)
            for close in (driver.aclose, store.aclose, logins.aclose):
                stack.push_async_callback(close)
            return logins

        yield begin


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
    tenant = catalogue.tenant_of(vendor)
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
        await asyncio.wait_for(waiting, 5)


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


async def test_a_newer_code_takes_the_place_of_the_older_one(logins: Logins, issuer: Issuer) -> None:
    older = await logins.begin("lab", ADA)
    newer = await logins.begin("lab", ADA)
    assert older.user_code != newer.user_code
    await issuer.approve_device(newer.user_code or "")

    assert await logins.outcome("lab", ADA)
    assert len(issuer.families) == 1


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
    """The Rust agents write back the fields they know and no others (formats of the credential file)."""
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
async def test_two_bots_on_one_store_make_one_login_of_one_code_and_tell_nobody_of_a_failure(
    start: Start, issuer: Issuer, store: AsyncStore, catalogue: Catalogue, vendor: str
) -> None:
    """A bot and the one that takes its place poll for the same login; the vendor gives it to one of them."""
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
    assert list(await store.read()) == [catalogue.tenant_of(vendor)]


async def test_of_two_bots_the_one_that_is_not_told_of_a_denial_calls_it_no_expiry(
    start: Start, issuer: Issuer
) -> None:
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
    issuer.faults.next("/token", delay=0.2)
    await until(lambda: bool(issuer.requests("/token")))
    file.rename(aside)
    file.mkdir()
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


async def test_another_persons_login_in_between_is_not_replaced(start: Start, issuer: Issuer) -> None:
    """All of it happens within one second."""
    ada, bob = start(), start()
    first = await ada.begin("lab", ADA)
    second = await bob.begin("lab", BOB)
    await issuer.approve_device(second.user_code or "", "bob@example.com")
    assert await bob.outcome("lab", BOB)
    await issuer.approve_device(first.user_code or "")

    with pytest.raises(LoginTakenError):
        await ada.outcome("lab", ADA)


async def test_another_persons_login_that_comes_in_during_the_last_poll_is_not_replaced(
    start: Start, issuer: Issuer, store: AsyncStore
) -> None:
    ada, bob = start(), start()
    issuer.devices.interval = 0.3
    first = await ada.begin("lab", ADA)
    await issuer.approve_device(first.user_code or "")
    issuer.faults.next("/token", delay=1.5)
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    second = await bob.begin("lab", BOB)
    issuer.devices.interval = 0.05
    await issuer.approve_device(second.user_code or "", "bob@example.com")
    assert await bob.outcome("lab", BOB)

    with pytest.raises(LoginOvertakenError):
        await ada.outcome("lab", ADA)
    assert (await store.notes())["lab"].logged_in_by == BOB


async def test_another_persons_login_is_asked_about_before_a_code_is_spent(
    logins: Logins, issuer: Issuer, clock: Clock
) -> None:
    offer = await logins.begin("lab", ADA)
    await issuer.approve_device(offer.user_code or "")
    await logins.outcome("lab", ADA)
    asked = len(issuer.requests("/device_authorization"))

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)

    assert len(issuer.requests("/device_authorization")) == asked
    assert (await logins.begin("lab", BOB, replaces=taken.value.generation)).user_code


async def test_one_person_cannot_fill_the_store(
    catalogue: Catalogue, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    logins = Logins(catalogue, store, driver, clock=clock, max_pending=1)
    await logins.begin("lab", ADA)

    with pytest.raises(TooManyLoginsError):
        await logins.begin("found", ADA)
    await logins.aclose()


async def test_an_installed_app_without_its_secret_says_how_to_set_it(logins: Logins) -> None:
    with pytest.raises(SecretMissingError, match="variable GEMINI_OAUTH_CLIENT_SECRET, or client_secret_obscured"):
        await logins.begin("gemini", ADA)


@pytest.mark.parametrize(("project", "lacks"), [("p-1", False), ("", True)])
async def test_a_google_account_without_a_project_is_told_and_logged_in(
    store: AsyncStore, driver: Driver, clock: Clock, issuer: Issuer, project: str, lacks: bool
) -> None:
    issuer.code_assist.project = project
    table = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "userinfo_url": issuer.userinfo_url}
    ours = {**table, "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}
    environ = {"GEMINI_OAUTH_CLIENT_SECRET": "canary"}
    logins = Logins(Catalogue.from_config(Config(vendors={"gemini": ours}), environ), store, driver, clock=clock)

    done = await logins.complete(await issuer.approve((await logins.begin("gemini", ADA)).url), ADA)

    assert (done.lacks_project, done.account) == (lacks, "ada@example.com")
    assert "gemini" in await store.read()


# The second step, and renewals that are no refresh of RFC 6749


async def logged_in(logins: Logins, issuer: Issuer, vendor: str) -> None:
    offer = await logins.begin(vendor, ADA)
    await issuer.approve_device(offer.user_code or "")
    assert await logins.outcome(vendor, ADA)


async def test_copilots_token_is_traded_again_and_githubs_stays(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "copilot")
    before = (await store.read())["copilot"]
    assert isinstance(before, TokenEntry)
    assert before.token_endpoint == f"{issuer.url}/copilot_internal/v2/token"
    assert before.expires_at == clock.now + 1500
    clock.now += 1500

    renewed = await source.get_valid("copilot")

    after = (await store.read())["copilot"]
    assert isinstance(after, TokenEntry)
    assert renewed.value == after.access_token != before.access_token
    assert after.refresh_token == before.refresh_token
    (_, traded) = issuer.requests("/copilot_internal/v2/token")
    assert traded.headers["Authorization"] == f"token {before.refresh_token.reveal()}"
    assert traded.headers["Copilot-Integration-Id"] == "vscode-chat"


async def test_an_account_without_a_seat_is_told_at_the_login(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.copilot.has_seat = False
    offer = await logins.begin("copilot", ADA)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(PlanMissingError, match="Copilot is not enabled for this account"):
        await logins.outcome("copilot", ADA)

    assert "copilot" not in await store.read()


async def test_a_second_step_that_is_out_of_order_costs_no_login(
    logins: Logins, issuer: Issuer, source: TokenSource
) -> None:
    issuer.faults.next("/copilot_internal/v2/token", status=503)
    await logged_in(logins, issuer, "copilot")

    assert (await source.get_valid("copilot")).value


async def test_a_github_token_that_was_revoked_is_dead(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "copilot")
    clock.now += 1500
    issuer.families[0].revoked = True

    with pytest.raises(LoginDeadError, match="Bad credentials"):
        await source.get_valid("copilot")


async def test_a_github_token_that_is_refused_at_the_login_is_told(logins: Logins, issuer: Issuer) -> None:
    issuer.faults.next("/copilot_internal/v2/token", status=401, body={"message": "Bad credentials"})
    offer = await logins.begin("copilot", ADA)
    await issuer.approve_device(offer.user_code or "")

    with pytest.raises(ExchangeRefusedError, match="Bad credentials"):
        await logins.outcome("copilot", ADA)


async def test_an_aws_login_is_renewed_with_the_client_that_it_was_made_with(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "kiro")
    before = (await store.read())["kiro"]
    assert isinstance(before, TokenEntry)
    clock.now += 3600

    await source.get_valid("kiro")

    refresh = issuer.requests("/aws/token")[-1]
    assert refresh.content_type == "application/json"
    assert refresh.fields == {
        "clientId": "client-0",
        "clientSecret": issuer.aws.registered["client-0"],
        "grantType": "refresh_token",
        "refreshToken": before.refresh_token.reveal(),
    }


async def test_an_aws_login_whose_client_is_lost_or_over_asks_for_a_new_login(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock, tmp_path: Path
) -> None:
    await logged_in(logins, issuer, "kiro")
    clock.now += 3600
    (tmp_path / "auth.json.clients").unlink()

    with pytest.raises(NotRefreshableError, match="log in again"):
        await source.get_valid("kiro")


async def test_an_aws_refresh_token_that_was_spent_is_dead(
    logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock
) -> None:
    await logged_in(logins, issuer, "kiro")
    issuer.families[0].revoked = True
    clock.now += 3600

    with pytest.raises(LoginDeadError, match="revoked"):
        await source.get_valid("kiro")


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
    shown = f"{offer!r} {await logins.status()!r} {entry!r}"

    assert entry.verifier.reveal() not in shown
    assert entry.verifier.reveal() not in offer.url
    written = json.loads((tmp_path / "auth.json").read_text())["pending:lab:1"]
    assert {"verifier", "state", "token_url", "provider_name", "created_at"} <= set(written)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)
