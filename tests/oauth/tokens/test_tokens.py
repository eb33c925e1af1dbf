"""What a TokenSource reads, whom it makes wait, and what it serves when a refresh fails."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn, Protocol

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import (
    ConfigError,
    LoginDeadError,
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.logins.logins import Logins
from openab_auth.oauth.tokens import AccessToken, TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.storage import CONSOLE, NEVER, AsyncStore, FileStore, McpEntry, MemoryStore, Secret, TokenEntry

NOW = 1_800_000_000


class Clock(Protocol):
    now: float

    def __call__(self) -> float: ...


async def stored(store: AsyncStore, tenant: str = "lab") -> TokenEntry:
    entry = (await store.read())[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


def entry(tenant: str = "lab", *, expires_at: int = NOW + 3600) -> TokenEntry:
    return TokenEntry(Secret("access"), Secret("refresh"), expires_at, "http://127.0.0.1:9/token", tenant)


async def reached(issuer: Issuer) -> None:
    """Wait until a refresh is at the server."""
    while not issuer.requests("/token"):  # the issuer has no event for it
        await asyncio.sleep(0.005)


def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the config of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(folder))
    for variable in ("OPENAB_AUTH_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)


def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, *entries: TokenEntry) -> TokenSource:
    """A source with nothing but a store: config and driver are its own business."""
    at_home(tmp_path, monkeypatch)
    return TokenSource(MemoryStore({one.provider: one for one in entries}, clock=clock), clock=clock)


# the token that is there


async def test_a_warm_token_costs_one_stat_and_neither_a_thread_nor_a_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "auth.json"
    FileStore(path).update(lambda draft: draft.update(lab=entry(expires_at=int(time.time()) + 3600)))
    os.utime(path, (time.time() - 60, time.time() - 60))  # old enough for the kept entries to be trusted
    source = TokenSource(FileStore(path))
    await source.get_valid("lab")

    def never(*_: object, **__: object) -> NoReturn:
        raise AssertionError

    stats: list[object] = []
    stat = os.stat

    def counted(*args: Any, **kwargs: Any) -> os.stat_result:
        stats.append(args)
        return stat(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", never)
        patch.setattr(asyncio, "create_task", never)
        patch.setattr(os, "stat", counted)
        token = await source.get_valid("lab")

    assert token.value.reveal() == "access"
    assert len(stats) == 1


async def test_a_token_that_lives_for_more_than_two_minutes_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    source = alone(tmp_path, monkeypatch, clock, entry(expires_at=NOW + 121))

    assert (await source.get_valid("lab")).expires_at == NOW + 121


@pytest.mark.parametrize("left", [120, 0, -1])
async def test_a_token_counts_as_expired_two_minutes_before_its_end(
    left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    final = dataclasses.replace(entry("codex", expires_at=NOW + left), refresh_token=Secret(""))
    source = alone(tmp_path, monkeypatch, clock, final)

    with pytest.raises(LoginDeadError):  # so it is refreshed, for which there is nothing to post
        await source.get_valid("codex")


async def test_a_token_of_an_unknown_vendor_is_served_while_valid_and_its_refresh_says_what_to_configure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    source = alone(tmp_path, monkeypatch, clock, entry("elsewhere"))

    assert (await source.get_valid("elsewhere")).value == Secret("access")
    assert (await source.get_valid("elsewhere", min_ttl=7200)).value == Secret("access")
    with pytest.raises(VendorMisconfiguredError, match=r"\[vendors.NAME\] table with tenant = 'elsewhere'"):
        await source.force_refresh("elsewhere")


async def test_a_broken_config_matters_only_where_the_config_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    config = tmp_path / ".config/openab-auth/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("no toml")
    source = alone(tmp_path, monkeypatch, clock, entry("anthropic-oauth"))

    assert (await source.get_valid("anthropic-oauth")).value == Secret("access")
    with pytest.raises(ConfigError):
        await source.get_valid("claude")


async def test_a_vendors_name_finds_its_tenant_even_when_a_server_is_called_like_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    server = McpEntry("client", {"access_token": "the server's"})
    at_home(tmp_path, monkeypatch)
    source = TokenSource(MemoryStore({"claude": server, "anthropic-oauth": entry("anthropic-oauth")}), clock=clock)

    assert (await source.get_valid("claude")).value == Secret("access")


@pytest.mark.parametrize("name", ["lab", "pending:lab:0", "nobody", ""])
async def test_where_nobody_is_logged_in_it_says_so(name: str, source: TokenSource, logins: Logins) -> None:
    await logins.begin("lab", CONSOLE)

    with pytest.raises(NotLoggedInError):
        await source.get_valid(name)
    with pytest.raises(NotLoggedInError):
        await source.force_refresh(name, rejected="old")


async def test_a_running_agent_finds_a_new_login_without_a_restart_and_stops_at_a_logout(
    source: TokenSource, login: TokenEntry, issuer: Issuer, logins: Logins
) -> None:
    """Case 40."""
    assert (await source.get_valid("lab")).value == login.access_token

    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    new = await source.get_valid("lab")
    await logins.logout("lab", revoke=False)

    assert new.value != login.access_token
    assert issuer.tokens.family_of(new.value.reveal()) is issuer.families[1]
    with pytest.raises(NotLoggedInError):
        await source.get_valid("lab")


# MCP servers


@pytest.mark.parametrize(
    ("received_at", "reply", "expires_at"),
    [
        (NOW - 60, {"expires_in": 3600}, NOW + 3540),
        (NOW - 60, {"expires_in": 3600.5}, NOW + 3540),
        (NOW - 60, {}, NEVER),
        (None, {"expires_in": 3600}, NEVER),
        (NOW, {"expires_in": 2**70}, NEVER),
    ],
)
async def test_an_mcp_servers_token_lives_from_its_reception(
    received_at: int | None, reply: dict[str, Any], expires_at: int, clock: Clock
) -> None:
    login = McpEntry("client", {"access_token": "mcp", **reply}, token_received_at=received_at)
    source = TokenSource(MemoryStore({"files": login}), catalogue=Catalogue.shipped({}), clock=clock)

    assert await source.get_valid("files") == AccessToken(Secret("mcp"), expires_at)


async def test_an_expired_mcp_login_of_a_server_that_is_not_configured_is_told(clock: Clock) -> None:
    login = McpEntry("client", {"access_token": "mcp", "expires_in": 60}, token_received_at=NOW - 60)
    source = TokenSource(MemoryStore({"files": login}), catalogue=Catalogue.shipped({}), clock=clock)

    with pytest.raises(VendorMisconfiguredError, match=r"no MCP server of this name.*\[mcp.files\]"):
        await source.get_valid("files")
    with pytest.raises(VendorMisconfiguredError, match="no MCP server"):
        await source.force_refresh("files", rejected="mcp")


async def test_a_server_that_is_only_registered_has_no_login(clock: Clock) -> None:
    source = TokenSource(MemoryStore({"files": McpEntry("client")}), catalogue=Catalogue.shipped({}), clock=clock)

    with pytest.raises(NotLoggedInError):
        await source.get_valid("files")


# the refresh


async def test_an_expired_token_is_replaced_and_what_was_rotated_is_stored(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600

    token = await source.get_valid("lab")

    after = await stored(store)
    assert token.value == after.access_token != login.access_token
    assert after.refresh_token.reveal() == issuer.families[0].refresh_token != login.refresh_token.reveal()
    assert token.expires_at == after.expires_at == clock.now + 3600
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize(("left", "requests"), [(121, 0), (120, 1)])
async def test_two_minutes_before_its_end_and_not_earlier_a_token_is_refreshed(
    left: int, requests: int, source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600 - left

    token = await source.get_valid("lab")

    assert (token.value == login.access_token) == (requests == 0)
    assert len(issuer.requests("/token")) == requests


async def test_64_tasks_at_an_expired_login_cause_one_request(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600

    tokens = await asyncio.gather(*(source.get_valid("lab") for _ in range(64)))

    assert len({token.value for token in tokens}) == 1
    assert len(issuer.requests("/token")) == 1


async def test_an_error_reaches_every_task_of_the_flight_and_the_next_call_tries_anew(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    issuer.faults.next("/token", status=503, delay=0.05)

    outcomes = await asyncio.gather(*(source.get_valid("lab") for _ in range(8)), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [VendorUnavailableError] * 8
    assert await stored(store) == login
    assert (await source.get_valid("lab")).value != login.access_token
    assert len(issuer.requests("/token")) == 2


async def test_tasks_of_a_vendor_that_keeps_the_access_token_still_make_one_request(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    reply = {"access_token": login.access_token.reveal(), "token_type": "Bearer", "expires_in": 3600}
    issuer.faults.next("/token", status=200, body=reply, delay=0.05)

    tokens = await asyncio.gather(*(source.get_valid("lab") for _ in range(8)))

    assert set(tokens) == {AccessToken(login.access_token, int(clock.now) + 3600)}
    assert len(issuer.requests("/token")) == 1


async def test_a_caller_that_is_cancelled_in_mid_refresh_leaves_the_new_token_in_the_store(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3600
    issuer.faults.next("/token", delay=0.2)
    caller = asyncio.create_task(source.get_valid("lab"))
    await reached(issuer)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await source.aclose()

    assert (await stored(store)).refresh_token.reveal() == issuer.families[0].refresh_token
    assert (await source.get_valid("lab")).value != login.access_token
    assert len(issuer.requests("/token")) == 1


async def test_a_cancelled_caller_does_not_disturb_the_others(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    issuer.faults.next("/token", delay=0.1)
    first = asyncio.create_task(source.get_valid("lab"))
    others = [asyncio.create_task(source.get_valid("lab")) for _ in range(4)]
    await reached(issuer)

    first.cancel()

    assert len({token.value for token in await asyncio.gather(*others)}) == 1
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"Retry-After": "5"}},
        {"html": "<h1>proxy</h1>"},
        {"cut": "before"},
        {"status": 400, "body": {"error": "invalid_grant"}},
        {"status": 401, "body": {"error": "invalid_client"}},
    ],
)
async def test_an_early_refresh_that_fails_serves_the_token_that_still_lives(
    fault: dict[str, Any], source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", times=2, **fault)

    token = await source.get_valid("lab", min_ttl=7200)

    assert token.value == login.access_token
    assert len(issuer.requests("/token")) == (2 if "cut" in fault else 1)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"html": "<h1>proxy</h1>"}, {"cut": "before"}])
async def test_an_outage_fails_nobody_before_the_tokens_very_end_and_keeps_the_login(
    fault: dict[str, Any], source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    clock.now += 3599
    issuer.faults.next("/token", times=2, **fault)

    assert (await source.get_valid("lab")).value == login.access_token
    clock.now += 1
    issuer.faults.clear()
    issuer.faults.next("/token", times=2, **fault)
    with pytest.raises(VendorUnavailableError):
        await source.get_valid("lab")

    issuer.faults.clear()
    assert await stored(store) == login
    assert (await source.force_refresh("lab")).value != login.access_token


async def test_a_dead_login_is_told_two_minutes_early_since_no_waiting_mends_it(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3590
    issuer.families[0].revoked = True

    with pytest.raises(LoginDeadError):
        await source.get_valid("lab")


async def test_a_longer_lifetime_is_asked_for_once_and_what_the_vendor_gives_is_taken(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 1800

    assert (await source.get_valid("lab", min_ttl=1800)).expires_at == clock.now + 3600
    assert len(issuer.requests("/token")) == 1


async def test_who_is_logged_out_during_an_early_refresh_gets_no_token(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    issuer.faults.next("/token", delay=0.1)
    caller = asyncio.create_task(source.get_valid("lab", min_ttl=7200))
    await reached(issuer)
    await store.update(lambda draft: draft.pop("lab"))

    with pytest.raises(NotLoggedInError):
        await caller
    assert "lab" not in await store.read()


async def test_a_lock_that_never_comes_free_ends_in_busy_or_in_the_token_that_still_lives(
    source: TokenSource, login: TokenEntry, issuer: Issuer, store: AsyncStore, clock: Clock
) -> None:
    lock = store.lease("lab")
    assert lock.try_acquire()
    try:
        begun = time.monotonic()
        assert (await source.get_valid("lab", min_ttl=7200)).value == login.access_token
        clock.now += 3600
        with pytest.raises(RefreshBusyError):
            await source.get_valid("lab")
        assert 1.9 < time.monotonic() - begun < 4
    finally:
        lock.release()
    assert not issuer.requests("/token")


async def test_a_source_that_is_closed_ends_the_wait_for_another_process_and_can_be_used_again(
    store: AsyncStore, catalogue: Catalogue, driver: Driver, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3600
    lock = store.lease("lab")
    assert lock.try_acquire()
    source = TokenSource(store, catalogue=catalogue, driver=driver, clock=clock)
    waiting = asyncio.create_task(source.get_valid("lab"))
    await asyncio.sleep(0.1)

    async with asyncio.timeout(2):  # of the 20 s
        await source.aclose()
        with pytest.raises(RefreshBusyError):
            await waiting
    lock.release()
    assert not issuer.requests("/token")
    assert (await source.get_valid("lab")).value != login.access_token
    await source.aclose()


# after a 401


async def test_64_tasks_with_the_same_rejected_token_replace_it_once_and_a_late_one_not_at_all(
    source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    rejected = await source.get_valid("lab")

    tokens = await asyncio.gather(*(source.force_refresh("lab", rejected) for _ in range(64)))
    late = [await source.force_refresh("lab", each) for each in (rejected, rejected.value, rejected.value.reveal())]

    assert {token.value for token in tokens} == {token.value for token in late}
    assert late[0].value != login.access_token
    assert len(issuer.requests("/token")) == 1


async def test_without_a_rejected_token_it_refreshes_now(
    source: TokenSource, login: TokenEntry, issuer: Issuer
) -> None:
    first = await source.force_refresh("lab")
    second = await source.force_refresh("lab", rejected=None)

    assert len({login.access_token, first.value, second.value}) == 3
    assert len(issuer.requests("/token")) == 2


async def test_a_rejected_token_that_is_stored_no_more_costs_no_request_unless_the_stored_one_has_expired(
    source: TokenSource, login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    assert (await source.force_refresh("lab", rejected="an older one")).value == login.access_token
    assert not issuer.requests("/token")

    clock.now += 3600
    assert (await source.force_refresh("lab", rejected="an older one")).value != login.access_token
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize("landed", [False, True])
async def test_a_token_rejected_while_its_own_flight_ends_is_renewed_again(
    *, landed: bool, login: TokenEntry, issuer: Issuer, catalogue: Catalogue, driver: Driver, clock: Clock
) -> None:
    """The flight that could be joined ends with the very token that was rejected: it has stored it, or is done."""
    issuer.faults.next("/token", delay=0.05)
    store = MemoryStore({"lab": login})
    async with TokenSource(store, catalogue=catalogue, driver=driver, clock=clock) as source:
        caller = asyncio.create_task(source.force_refresh("lab", rejected=login.access_token))
        await reached(issuer)
        (flight,) = source._refreshes._tasks.values()
        while not flight.done() if landed else store.read()["lab"] == login:
            await asyncio.sleep(0)  # no longer than that: the next thing the loop does would be to forget the flight
        assert flight.done() == landed
        assert source._refreshes._tasks
        second = store.read()["lab"]
        assert isinstance(second, TokenEntry)

        third = await source.force_refresh("lab", rejected=second.access_token)

        assert (await caller).value == second.access_token
    assert third.value not in {second.access_token, login.access_token}
    assert len(issuer.requests("/token")) == 2
    assert not issuer.families[0].revoked


# surroundings


async def test_a_store_with_and_without_its_async_face_will_do(tmp_path: Path, clock: Clock) -> None:
    backend = FileStore(tmp_path / "auth.json", clock=clock)
    backend.update(lambda draft: draft.update(lab=entry()))

    for store in (backend, AsyncStore(backend)):
        async with TokenSource(store, clock=clock) as source:
            assert (await source.get_valid("lab")).value == Secret("access")


async def test_its_own_driver_is_made_for_a_refresh_and_closed_with_it(
    store: AsyncStore, login: TokenEntry, catalogue: Catalogue, clock: Clock
) -> None:
    async with TokenSource(store, catalogue=catalogue, clock=clock) as source:
        assert (await source.force_refresh("lab")).value != login.access_token
        driver = source._runtime._driver
        assert driver is not None
        (http,) = driver._http.values()
    assert http.is_closed


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "body": {"error": "invalid_grant", "error_description": "canary-refresh-77aa"}},
        {"status": 500, "body": "canary-refresh-77aa"},
        {"status": 401, "body": {"error": {"code": "invalid_client", "message": "canary-refresh-77aa"}}},
        {"status": 200, "body": {"token_type": "Bearer", "refresh_token": "canary-refresh-77aa"}},
        {"cut": "after"},
    ],
)
async def test_no_secret_reaches_an_exception_or_a_log(  # fixtures
    fault: dict[str, Any],
    source: TokenSource,
    login: TokenEntry,
    issuer: Issuer,
    store: AsyncStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    access, refresh = Secret("canary-access-77aa"), Secret("canary-refresh-77aa")
    planted = dataclasses.replace(login, access_token=access, refresh_token=refresh)
    await store.update(lambda draft: draft.update(lab=planted))
    issuer.faults.next("/token", times=2, **fault)

    with caplog.at_level(logging.DEBUG), pytest.raises(OAuthError) as caught:
        await source.force_refresh("lab", rejected="canary-access-77aa")

    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert issuer.requests("/token")
    assert "canary" not in said.replace(_SOURCE_LINE, "")


_SOURCE_LINE = 'await source.force_refresh("lab", rejected="canary-access-77aa")'  # which the traceback quotes
