"""A TokenSource: its reads, its waits, and the token that it serves when a refresh fails."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import ConfigError, LoginDeadError, NotLoggedInError, OAuthError, VendorMisconfiguredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import AccessToken, TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, NEVER, AsyncStore, FileStore, McpEntry, MemoryStore, Secret, TokenEntry
from tests.support.clock import Clock

NOW = 1_800_000_000


def entry(tenant: str = "lab", *, expires_at: int = NOW + 3600) -> TokenEntry:
    return TokenEntry(Secret("access"), Secret("refresh"), expires_at, "http://127.0.0.1:9/token", tenant)


def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the config of the person who runs the tests."""
    monkeypatch.setenv("HOME", str(folder))
    for variable in ("OPENAB_AUTH_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)


def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, *entries: TokenEntry) -> TokenSource:
    """Return a source with only a store; it finds its own config and driver."""
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


async def test_an_unknown_vendors_token_is_served_its_refresh_says_what_to_do(
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


async def test_a_vendors_name_finds_its_tenant_even_if_a_server_shares_the_name(
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


async def test_a_running_agent_finds_a_new_login_and_stops_at_a_logout(
    source: TokenSource, login: TokenEntry, issuer: Issuer, logins: Logins
) -> None:
    """Case 40."""
    assert (await source.get_valid("lab")).value == login.access_token

    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)
    new = await source.get_valid("lab")
    await logins.logout(await logins.account("lab"), revoke=False)

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
        (http,) = driver._sender._http.values()
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
