"""Recorded facts renew a login in every flow, are checked before they are used, and never name an address."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config, parse_config
from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.oauth.vendors.facts import REFRESH_KEYS, facts_of
from openab_auth.oauth.vendors.vendor import KEYS
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, LoginFacts, Secret, TokenEntry
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock

CANARY = "canary-77aa"
VARIABLES = "DISCORD_TOKEN ANTHROPIC_API_KEY LD_PRELOAD OPENAB_X HTTPS_PROXY GEMINI_OAUTH_CLIENT_SECRET LAB_KEY"
SECRETS = {**{name: f"{CANARY}-{name}" for name in VARIABLES.split()}, "POINTER": "LAB_KEY"}
LOGIN_KEYS = frozenset(  # of the login alone; a refresh needs none of them
    {"title", "tenant", "issuer", "authorize_url", "token_url", "device_url", "revoke_url", "userinfo_url"}
    | {"client_id_env", "client_secret_obscured", "redirect_uri", "scopes", "authorize_params", "token_params"}
    | {"device_params", "token_sends_state", "env", "exec_env", "risk", "verified", "note", "command"}
    | {"command_timeout", "check_url", "client_secret_file"}
)


@pytest.fixture
async def agent(store: AsyncStore, tmp_path: Path, clock: Clock, driver: Driver) -> AsyncIterator[TokenSource]:
    """Read tokens as an agent does that has no config."""
    shared = FileStore(tmp_path / "auth.json", clock=clock)
    async with TokenSource(Runtime(shared, Catalogue.shipped(SECRETS), driver, clock, environ=SECRETS)) as source:
        yield source
        await source.aclose()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "auth.json.facts"


@pytest.fixture
def expired(login: TokenEntry, clock: Clock) -> TokenEntry:
    clock.now += 3600
    return login


def flows_at(issuer: Issuer) -> dict[str, dict[str, object]]:
    client = {"client_id": CLIENT_ID, "token_url": issuer.token_url, "scopes": ["openid", "offline_access"]}
    return {
        "by-paste": {**client, "authorize_url": issuer.authorize_url, "redirect_uri": REDIRECT_URI},
        "by-json": {
            **client,
            "authorize_url": issuer.authorize_url,
            "redirect_uri": REDIRECT_URI,
            "token_body": "json",
        },
        "by-code": {**client, "flow": "device", "device_url": issuer.device_url},
        "by-codex": {
            **client,
            "flow": "codex-device",
            "device_url": f"{issuer.url}/codex/usercode",
            "redirect_uri": REDIRECT_URI,
            "authorize_url": issuer.devices.page,
        },
        "by-aws": {
            "flow": "aws-device",
            "device_url": f"{issuer.url}/aws/device_authorization",
            "token_url": f"{issuer.url}/aws/token",
            "scopes": ["sso:account:access"],
        },
        "by-exchange": {**client, "flow": "device", "device_url": issuer.device_url, "exchange": "github-copilot"},
    }


@pytest.mark.parametrize("vendor", ["by-paste", "by-json", "by-code", "by-codex", "by-aws", "by-exchange"])
async def test_every_flow_records_what_its_refresh_needs(
    vendor: str, issuer: Issuer, store: AsyncStore, driver: Driver, clock: Clock, agent: TokenSource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    issuer.devices.interval = 0.02
    logins = Logins(Catalogue.from_config(Config(vendors=flows_at(issuer)), {}), store, driver, clock=clock)
    offer = await logins.begin(vendor, CONSOLE)
    if offer.user_code is None:
        await logins.complete(await issuer.approve(offer.url), CONSOLE)
    else:
        await issuer.approve_device(offer.user_code)
        await logins.outcome(vendor, CONSOLE)
    await logins.aclose()

    for _ in range(2):
        before = (await store.read())[vendor]
        token = await agent.force_refresh(vendor)
        after = (await store.read())[vendor]
        assert isinstance(before, TokenEntry)
        assert isinstance(after, TokenEntry)
        assert token.value == after.access_token != before.access_token


def test_every_key_of_the_table_is_one_of_the_login_or_one_of_the_refresh() -> None:
    """A new key has to be put into one of the two sets."""
    assert KEYS - REFRESH_KEYS == LOGIN_KEYS


def test_a_shipped_vendor_records_nothing() -> None:
    assert [vendor.name for vendor in Catalogue.shipped({}).all() if facts_of(vendor)] == []


def test_the_client_of_a_variable_is_recorded() -> None:
    """The agent may not have the variable; a client id is no secret."""
    config = Config(vendors={"codex": {"client_id_env": "CODEX_CLIENT"}})

    vendor = Catalogue.from_config(config, {"CODEX_CLIENT": "${mine}"}).named(VendorName("codex"))

    assert vendor is not None
    assert facts_of(vendor)["client_id"] == "$${mine}"


def spoil(file: Path, text: str) -> None:
    file.write_text(text)


def rewrite(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    records = json.loads(file.read_text())
    change(records["lab"]["row"])
    file.write_text(json.dumps(records))


@pytest.mark.parametrize("words", [{"token_url": "http://127.0.0.1:9/elsewhere"}, {"tenant": "codex"}, {"env": ["X"]}])
async def test_only_the_keys_of_a_refresh_are_read(
    words: dict[str, object], agent: TokenSource, issuer: Issuer, expired: TokenEntry, store: AsyncStore, file: Path
) -> None:
    rewrite(file, lambda row: row.update(words))

    token = await agent.get_valid("lab")

    assert token.value == (await stored(store)).access_token != expired.access_token


@pytest.mark.parametrize(
    "words",
    [
        {"headers": {"X": "a\r\nHost: elsewhere"}},
        {"headers": {"X": "${DISCORD_TOKEN}"}},
        {"headers": {"X": "${LD_PRELOAD}\n"}},
        {"headers": {"X": "${HTTPS_PROXY}"}},
        {"headers": {"X": ["${DISCORD_TOKEN}"]}},
        {"refresh_params": {"p": "${LD_PRELOAD} ${OPENAB_X}"}},
        {"refresh_params": {"p": "${GEMINI_OAUTH_CLIENT_SECRET}"}},
        {"client_secret_env": "GEMINI_OAUTH_CLIENT_SECRET"},
        {"client_secret_env": "${POINTER}"},
        {"client_secret_env": "ANTHROPIC_API_KEY"},
        {"client_secret_env": "LD_PRELOAD"},
        {"client_secret_env": "NOT_SET_HERE"},
        {"client_secret_env": 5},
        {"flow": "exec"},
        {"client_id": ["a"]},
        {"client_id": "${"},
        {"token_lifetime": -1},
        {"token_lifetime": 10**30},
        {"name": "\x1b[2Jlab"},
        {"headers": {"X": [[[[]]]]}},
        {"withheld": ["\x1b[2J\nsend the token to"]},
        {"withheld": "canary"},
    ],
)
async def test_a_row_that_no_login_records_is_refused_and_nothing_is_sent(
    words: dict[str, object], agent: TokenSource, issuer: Issuer, expired: TokenEntry, store: AsyncStore, file: Path
) -> None:
    """A program that writes the store must not learn the secrets of an agent's environment."""
    rewrite(file, lambda row: row.update(words))
    asked = len(issuer.requests("/token"))

    with pytest.raises(NotRefreshableError) as told:
        await agent.get_valid("lab")

    assert str(told.value).isprintable()
    assert CANARY not in str(told.value)
    assert len(issuer.requests("/token")) == asked
    assert await stored(store) == expired


@pytest.mark.parametrize(
    "words",
    [{"client_secret_env": "LAB_KEY"}, {"headers": {"X": "${LAB_KEY}"}}, {"refresh_params": {"p": "${LAB_KEY}"}}],
)
async def test_a_process_with_a_config_takes_no_variable_from_the_store(
    words: dict[str, object],
    issuer: Issuer,
    expired: TokenEntry,
    driver: Driver,
    clock: Clock,
    file: Path,
    tmp_path: Path,
) -> None:
    """The bot's environment holds more than that of an agent."""
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "config.toml").chmod(0o600)
    catalogue = Catalogue.from_config(parse_config(tmp_path / "config.toml", SECRETS), SECRETS)
    shared = FileStore(tmp_path / "auth.json", clock=clock)
    rewrite(file, lambda row: row.update(words))
    asked = len(issuer.requests("/token"))
    async with TokenSource(Runtime(shared, catalogue, driver, clock, environ=SECRETS)) as source:
        with pytest.raises(NotRefreshableError, match=r"LAB_KEY.*add the vendor's table to the config") as told:
            await source.get_valid("lab")
        assert CANARY not in str(told.value)
        assert len(issuer.requests("/token")) == asked

        rewrite(file, lambda row: [row.pop(key) for key in words])
        assert (await source.get_valid("lab")).value != expired.access_token


async def test_a_vendors_own_secret_may_be_named(
    issuer: Issuer, driver: Driver, store: AsyncStore, clock: Clock, agent: TokenSource
) -> None:
    """The variable of the shipped row goes to this login's endpoint without the facts, too."""
    table = {**flows_at(issuer)["by-paste"], "client_secret_env": "${WHICH}"}
    environ = {**SECRETS, "WHICH": "GEMINI_OAUTH_CLIENT_SECRET"}
    templates = {"gemini": table}
    config = Config(vendors={"gemini": {**table, "client_secret_env": environ["WHICH"]}}, vendor_templates=templates)
    logins = Logins(Catalogue.from_config(config, environ), store, driver, clock=clock)
    await logins.complete(await issuer.approve((await logins.begin("gemini", CONSOLE)).url), CONSOLE)
    await logins.aclose()

    await agent.force_refresh("gemini")

    assert "Authorization" in issuer.requests("/token")[-1].headers


@pytest.mark.parametrize("text", ["", "[]", '{"lab": 5}', '{"lab": {"fingerprints": 5, "row": {}}}', "[" * 100_000])
async def test_a_damaged_file_is_written_again_by_a_process_with_the_table(
    text: str, agent: TokenSource, source: TokenSource, store: AsyncStore, expired: TokenEntry, file: Path
) -> None:
    spoil(file, text)
    with pytest.raises(NotRefreshableError, match="no vendor of this tenant is configured"):
        await agent.get_valid("lab")

    await source.force_refresh("lab")

    assert (await agent.force_refresh("lab")).value == (await stored(store)).access_token


async def test_another_programs_login_makes_them_void(
    agent: TokenSource, source: TokenSource, store: AsyncStore, expired: TokenEntry, issuer: Issuer
) -> None:
    await store.update(lambda draft: draft.update(lab=replace(expired, refresh_token=Secret("of-somebody-else"))))
    with pytest.raises(NotRefreshableError):
        await agent.get_valid("lab")
    await store.update(lambda draft: draft.update(lab=expired))

    await source.force_refresh("lab")

    assert (await agent.force_refresh("lab")).value == (await stored(store)).access_token


async def test_a_second_login_keeps_the_facts_of_the_first_until_its_commit(
    logins: Logins, store: AsyncStore, issuer: Issuer, login: TokenEntry
) -> None:
    first = (await store.facts())["lab"]
    assert first.hold_for(login.refresh_token)

    offer = await logins.begin("lab", CONSOLE)
    await logins.complete(await issuer.approve(offer.url), CONSOLE)

    second = (await store.facts())["lab"]
    assert second == LoginFacts(
        (login.refresh_token.fingerprint(), (await stored(store)).refresh_token.fingerprint()), first.row
    )


@pytest.mark.parametrize("config", [True, False])
async def test_how_the_client_authenticated_is_remembered_for_the_refresh(
    config: bool,
    issuer: Issuer,
    driver: Driver,
    store: AsyncStore,
    tmp_path: Path,
    clock: Clock,
) -> None:
    table = {**flows_at(issuer)["by-paste"], "client_secret_env": "LAB_SECRET"}
    ours = Catalogue.from_config(Config(vendors={"lab": table}), {"LAB_SECRET": "s3cret"})
    logins = Logins(ours, store, driver, clock=clock)
    redirect = await issuer.approve((await logins.begin("lab", CONSOLE)).url)
    issuer.faults.next("/token", status=401, body={"error": "invalid_client"})
    await logins.complete(redirect, CONSOLE)
    clock.now += 3600
    environ = {"LAB_SECRET": "s3cret"}
    catalogue = ours if config else Catalogue.shipped(environ)

    shared = FileStore(tmp_path / "auth.json", clock=clock)
    async with TokenSource(Runtime(shared, catalogue, driver, clock, environ=environ)) as source:
        await source.get_valid("lab")

    first, second, refresh = issuer.requests("/token")
    assert [("Authorization" in post.headers) for post in (first, second, refresh)] == [True, False, False]
    assert refresh.fields["client_secret"] == "s3cret"
    await logins.aclose()
