"""The whole way at servers of the official MCP Python SDK: from `mcp:NAME` to a tool call with the token."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthToken

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    InsufficientScopeError,
    LoginDeadError,
    NotLoggedInError,
    NotRefreshableError,
    PasteRefusedError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.mcp.sdk import SdkStorage, sdk_auth
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.storage import AsyncStore, Draft, FileStore, McpEntry, Secret, StoreUnreadableError
from tests.support import strict_reader
from tests.support.mcp_servers import ADA, MCP_HEADERS, NAMES, approve, entry_of, expire, log_in, seen


@pytest.fixture
def catalogue(urls: Mapping[str, str]) -> Catalogue:
    tables: dict[str, dict[str, object]] = {name: {"url": f"{url}/mcp"} for name, url in urls.items()}
    tables["closed"] |= {"client_id": "operators", "scopes": ["read"]}
    tables["secretive"] |= {"client_id": "operators", "client_secret_env": "MCP_SECRET"}
    tables["posting"] = {**tables["new"], "token_endpoint_auth_method": "client_secret_post"}
    config = Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp=tables)
    return Catalogue.from_config(config, {"MCP_SECRET": "canary-operators-secret"})


@pytest.fixture
async def logins(catalogue: Catalogue, store: AsyncStore, driver: Driver) -> AsyncIterator[Logins]:
    logins = Logins(catalogue, store, driver)
    yield logins
    await logins.aclose()


@pytest.fixture
async def source(store: AsyncStore, catalogue: Catalogue, driver: Driver) -> AsyncIterator[TokenSource]:
    async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
        yield source


async def call(source: TokenSource, urls: Mapping[str, str], name: str, tool: str, **arguments: Any) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    async with httpx2.AsyncClient(auth=source.auth(f"mcp:{name}"), headers=MCP_HEADERS) as client:
        return await client.post(f"{urls[name]}/mcp", json=body)


async def break_token(store: AsyncStore, tenant: str) -> None:
    """The server knows the stored access token no longer, although its time is not over."""
    entry = await entry_of(store, tenant)
    broken = dataclasses.replace(
        entry, token_response={**(entry.token_response or {}), "access_token": "canary-unknown"}
    )
    await store.update(lambda draft: draft.__setitem__(tenant, broken))


@pytest.mark.parametrize("name", NAMES)
async def test_a_login_leads_to_a_tool_call_at_every_kind_of_server(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str], name: str
) -> None:
    await log_in(logins, f"mcp:{name}")

    reply = await call(source, urls, name, "add", a=2, b=3)

    assert reply.json()["result"]["structuredContent"] == {"result": 5}
    entry = await entry_of(store, name)
    assert entry.issuer in (urls[name], f"{urls[name]}/")
    assert entry.granted_scopes == ("read",)
    resource = f"{urls[name]}/mcp"
    assert {one["resource"] for one in await seen(urls[name], "/token", entry.client_id)} == {resource}
    assert (await seen(urls[name], "/authorize", entry.client_id))[-1]["resource"] == resource


async def test_a_short_lived_token_is_renewed_for_each_call_and_never_posted_twice(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """Rotation with reuse revocation: one token posted twice would end the whole family."""
    await log_in(logins, "mcp:brief")
    client_id = (await entry_of(store, "brief")).client_id

    for _ in range(3):
        replies = await asyncio.gather(*(call(source, urls, "brief", "add", a=1, b=1) for _ in range(4)))
        assert {reply.status_code for reply in replies} == {200}

    posted = [one["refresh_token"] for one in await seen(urls["brief"], "/token", client_id) if "refresh_token" in one]
    assert len(posted) == len(set(posted)) >= 3
    assert {one["resource"] for one in await seen(urls["brief"], "/token", client_id)} == {f"{urls['brief']}/mcp"}
    assert all("scope" not in one for one in await seen(urls["brief"], "/token", client_id))


async def test_processes_that_find_a_token_expired_rotate_it_one_at_a_time(
    logins: Logins,
    catalogue: Catalogue,
    store: AsyncStore,
    driver: Driver,
    tmp_path: Path,
    urls: Mapping[str, str],
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")
    await expire(store, "new")
    sources = [TokenSource(FileStore(tmp_path / "auth.json"), catalogue=catalogue, driver=driver) for _ in range(4)]

    tokens = await asyncio.gather(*(source.get_valid("mcp:new") for source in sources))

    assert len({token.value for token in tokens}) == 1
    posts = [one for one in await seen(urls["new"], "/token", entry.client_id) if "refresh_token" in one]
    assert len(posts) == 1
    for source in sources:
        await source.aclose()


async def test_a_401_before_the_end_leads_to_one_refresh_and_the_call_succeeds(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")
    await break_token(store, "new")

    assert (await call(source, urls, "new", "add", a=1, b=1)).status_code == 200
    renewed = await entry_of(store, "new")
    assert renewed.refresh_token != entry.refresh_token
    assert renewed.issuer == entry.issuer
    assert renewed.granted_scopes == ("read",)


async def test_a_login_that_an_agent_has_rewritten_is_renewed_from_what_we_remember(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """rmcp 1.7 drops the issuer, and after a reply without `scope` the scopes; no version knows the secret."""
    await log_in(logins, "mcp:secretive")
    entry = await entry_of(store, "secretive")
    rewritten = dataclasses.replace(entry, issuer=None, granted_scopes=())
    await store.update(lambda draft: draft.__setitem__("secretive", rewritten))

    renewed = await source.force_refresh("mcp:secretive")

    assert renewed.value != entry.access_token
    refresh = (await seen(urls["secretive"], "/token", "operators"))[-1]
    assert refresh["authorization"].startswith("Basic ")
    assert refresh["resource"] == f"{urls['secretive']}/mcp"
    assert "client_secret" not in refresh
    assert (await entry_of(store, "secretive")).issuer == entry.issuer


async def test_a_login_whose_record_is_lost_is_found_again_at_the_same_issuer_and_at_no_other(
    logins: Logins, source: TokenSource, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")
    (tmp_path / "auth.json.clients").unlink()
    assert (await source.force_refresh("mcp:new")).value != entry.access_token
    token_url = (await store.clients())["new"].facts["token_url"]
    assert isinstance(token_url, str)
    assert token_url.endswith("/token")

    (tmp_path / "auth.json.clients").unlink()
    for issuer, reason in ((None, "not known"), ("https://elsewhere.example", "another authorization server")):
        moved = dataclasses.replace(await entry_of(store, "new"), issuer=issuer)

        def move(draft: Draft, moved: McpEntry = moved) -> None:
            draft["new"] = moved

        await store.update(move)
        with pytest.raises(NotRefreshableError, match=reason):
            await source.force_refresh("mcp:new")


async def test_a_login_under_the_designs_key_is_read_and_renewed_where_it_lies(
    logins: Logins, source: TokenSource, store: AsyncStore
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")

    def move(draft: Draft) -> None:
        draft["mcp:new"] = draft.pop("new")

    await store.update(move)

    assert (await source.get_valid("mcp:new")).value == entry.access_token
    assert (await source.get_valid("new")).value == entry.access_token
    assert (await source.force_refresh("mcp:new")).value != entry.access_token
    assert set(await store.read()) == {"mcp:new"}
    await logins.logout("mcp:new", revoke=False)
    assert not await store.read()


def put_aside(clients: Path) -> Path:
    """What is no file in its place cannot be read, by root neither."""
    aside = clients.with_name("aside")
    clients.rename(aside)
    clients.mkdir()
    return aside


async def test_while_the_file_of_clients_cannot_be_read_a_token_that_lives_is_served_and_nothing_is_called_dead(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str], tmp_path: Path
) -> None:
    """Ours: what cannot be asked says nothing of the login, and is named."""
    await log_in(logins, "mcp:new")
    entry, notes = await entry_of(store, "new"), dict(await store.notes())
    ends_soon = dataclasses.replace(entry, token_received_at=int(time.time()) - 3540)
    await store.update(lambda draft: draft.__setitem__("new", ends_soon))
    aside = put_aside(tmp_path / "auth.json.clients")
    posted = len(await seen(urls["new"], "/token", entry.client_id))

    assert (await source.get_valid("mcp:new")).value == entry.access_token
    await expire(store, "new")
    for _ in range(2):
        with pytest.raises(StoreUnreadableError, match=r"auth\.json\.clients could not be read .*nothing was changed"):
            await source.get_valid("mcp:new")

    assert dict(await store.notes()) == notes
    assert [login.state for login in (await logins.status()).logins] == ["expired"]
    assert len(await seen(urls["new"], "/token", entry.client_id)) == posted

    (tmp_path / "auth.json.clients").rmdir()
    aside.rename(tmp_path / "auth.json.clients")
    assert (await source.get_valid("mcp:new")).value != entry.access_token


async def test_step_up_asks_for_old_and_new_scopes_together(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """MCP, step-up authorization: a 403 that an agent sees leads to a login for the union."""
    await log_in(logins, "mcp:new")
    with pytest.raises(InsufficientScopeError, match=r"admin.*log in again") as lacks:
        await call(source, urls, "new", "wipe")
    assert lacks.value.scopes == ("admin",)
    assert (await call(source, urls, "new", "add", a=1, b=1)).status_code == 200

    await log_in(logins, "mcp:new")

    assert set((await entry_of(store, "new")).granted_scopes) == {"read", "admin"}
    assert (await call(source, urls, "new", "wipe")).status_code == 200


async def test_a_server_that_never_grants_what_it_demands_is_not_asked_for_ever(
    logins: Logins, source: TokenSource, store: AsyncStore
) -> None:
    await log_in(logins, "mcp:new")
    for _ in range(3):
        assert "log in again" in (await source.demand("mcp:new", ("write",))).todo
        await log_in(logins, "mcp:new")

    assert "the people who run the server must grant them" in (await source.demand("mcp:new", ("write",))).todo
    assert "log in again" in (await source.demand("mcp:new", ("admin",))).todo


async def test_an_operators_scopes_are_not_widened_by_a_server(
    logins: Logins, source: TokenSource, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:closed")

    with pytest.raises(InsufficientScopeError, match=r"add them to scopes in \[mcp.closed\]"):
        await call(source, urls, "closed", "wipe")


async def test_a_server_that_forgot_our_client_gets_a_new_registration_with_the_next_login(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:old")
    first = (await entry_of(store, "old")).client_id
    async with httpx2.AsyncClient() as client:
        await client.post(f"{urls['old']}/forget")

    with pytest.raises(LoginDeadError, match="log in again"):
        await source.force_refresh("mcp:old")
    await log_in(logins, "mcp:old")

    assert (await entry_of(store, "old")).client_id != first
    assert (await call(source, urls, "old", "add", a=1, b=1)).status_code == 200


async def test_a_link_that_led_nowhere_is_followed_by_one_with_another_client(
    logins: Logins, urls: Mapping[str, str]
) -> None:
    """Ours: the server's page says that it does not know the client, and nobody else would ever notice."""
    clients = []
    for _ in range(2):
        link = (await logins.begin("mcp:new", ADA)).url
        clients.append(parse_qs(urlsplit(link).query)["client_id"])
    assert clients[0] != clients[1]


async def test_a_second_login_uses_the_registration_of_the_first(logins: Logins, store: AsyncStore) -> None:
    await log_in(logins, "mcp:new")
    first = await entry_of(store, "new")
    await log_in(logins, "mcp:new")
    second = await entry_of(store, "new")

    assert first.client_id == second.client_id
    assert first.access_token != second.access_token


async def test_a_client_that_is_registered_with_a_secret_sends_it_as_registered(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:posting")
    entry = await entry_of(store, "posting")
    secret = (await store.clients())["posting"].client_secret
    assert secret

    assert (await source.force_refresh("mcp:posting")).value != entry.access_token

    sent = await seen(urls["new"], "/token", entry.client_id)
    assert [one["client_secret"] for one in sent] == [secret.reveal()] * 2
    assert not any(one["authorization"] for one in sent)


async def test_a_logout_ends_the_grant_at_the_server_and_forgets_the_login(
    logins: Logins, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """The SDK's revocation endpoint takes only clients that send their secret in the form."""
    await log_in(logins, "mcp:posting")
    token = (await entry_of(store, "posting")).access_token.reveal()

    done = await logins.logout("mcp:posting", revoke=True)

    assert done.revoked
    assert not await store.read()
    assert "posting" not in await store.clients()
    headers = {**MCP_HEADERS, "Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers) as client:
        reply = await client.post(f"{urls['new']}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    assert reply.status_code == 401


async def test_the_token_goes_to_no_other_server(logins: Logins, source: TokenSource, urls: Mapping[str, str]) -> None:
    """MCP, token handling: MUST NOT be sent to any other; not even where an agent mixes up its addresses."""
    await log_in(logins, "mcp:new")

    async with httpx2.AsyncClient(auth=source.auth("mcp:new")) as client:
        reply = await client.post(f"{urls['old']}/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert reply.status_code == 401
    assert "Authorization" not in reply.request.headers


async def test_a_paste_without_the_announced_issuer_is_refused(logins: Logins, store: AsyncStore) -> None:
    """RFC 9207 2.4: of another issuer it is refused, and the login still waits."""
    offer = await logins.begin("mcp:new", ADA)
    redirect = await approve(offer.url)

    with pytest.raises(PasteRefusedError, match="another issuer"):
        await logins.complete(re.sub(r"iss=[^&]*", "iss=https%3A%2F%2Fevil.example", redirect), ADA)
    await logins.complete(redirect, ADA)
    assert (await entry_of(store, "new")).access_token


async def test_no_secret_is_in_anything_that_is_shown(
    logins: Logins, store: AsyncStore, source: TokenSource, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG", "oauth")
    await log_in(logins, "mcp:secretive")
    await source.force_refresh("mcp:secretive")

    entry, clients = await entry_of(store, "secretive"), await store.clients()
    shown = f"{entry!r} {clients!r} {await logins.status()!r} {caplog.text}"
    assert "canary" not in shown
    assert "canary-operators-secret" not in (tmp_path / "auth.json.clients").read_text()


# Agents that use the SDK's own client


async def test_the_sdks_own_client_calls_a_tool_with_our_login(
    logins: Logins, source: TokenSource, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:new")

    async with (
        httpx2.AsyncClient(auth=await sdk_auth(source, "mcp:new")) as http,
        Client(streamable_http_client(f"{urls['new']}/mcp", http_client=http)) as client,
    ):
        assert (await client.call_tool("add", {"a": 2, "b": 3})).structured_content == {"result": 5}


async def test_the_sdk_is_given_a_fresh_token_with_its_true_life_and_nothing_to_renew_it_with(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:new")
    await expire(store, "new")
    before = await entry_of(store, "new")

    tokens = await SdkStorage(source, "mcp:new").get_tokens()
    client = await SdkStorage(source, "mcp:new").get_client_info()

    assert tokens.access_token != before.access_token.reveal()
    assert tokens.expires_in is not None
    assert 3500 < tokens.expires_in <= 3600
    assert tokens.refresh_token is None
    assert tokens.scope == "read"
    assert (client.client_id, client.client_secret, client.issuer) == (before.client_id, None, urls["new"])


async def test_what_the_sdk_stores_never_takes_the_place_of_another_login(
    logins: Logins, source: TokenSource, store: AsyncStore
) -> None:
    await log_in(logins, "mcp:new")
    storage = SdkStorage(source, "mcp:new")
    await storage.get_tokens()
    await log_in(logins, "mcp:new")
    theirs = await entry_of(store, "new")

    await storage.set_tokens(OAuthToken(access_token="canary-late"))
    assert await entry_of(store, "new") == theirs

    await storage.get_tokens()
    await storage.set_tokens(OAuthToken(access_token="canary-in-time", expires_in=60))
    assert (await entry_of(store, "new")).access_token == Secret("canary-in-time")
    assert (await entry_of(store, "new")).refresh_token == theirs.refresh_token


async def test_without_a_login_the_sdk_is_told_to_have_somebody_log_in(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    with pytest.raises(NotLoggedInError, match="/auth login"):
        await SdkStorage(source, "mcp:new").get_tokens()

    await log_in(logins, "mcp:new")
    auth = await sdk_auth(source, "mcp:new")
    await break_token(store, "new")
    async with httpx2.AsyncClient(auth=auth) as http:
        with pytest.raises(LoginDeadError, match="log in again"):
            await http.post(f"{urls['new']}/mcp", json={}, headers=MCP_HEADERS)


async def test_the_example_agent_of_the_docs_lists_a_servers_tools(
    logins: Logins, tmp_path: Path, urls: Mapping[str, str]
) -> None:
    await log_in(logins, "mcp:new")
    config = f'[auth]\nallow_http_loopback = true\n[mcp.new]\nurl = "{urls["new"]}/mcp"\n'
    file = tmp_path / "openab-auth.toml"
    file.write_text(config)
    example = Path(__file__).parents[3] / "docs" / "examples" / "mcp_tools.py"
    environ = {**os.environ, "OPENAB_AUTH_STORE": str(tmp_path / "auth.json"), "OPENAB_AUTH_CONFIG": str(file)}

    agent = await asyncio.create_subprocess_exec(
        sys.executable, str(example), "mcp:new", cwd=tmp_path, env=environ, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await agent.communicate()

    assert printed.decode().splitlines() == ["add: Add two numbers.", "wipe: Wants the scope `admin`."]


# What the Rust agents read


@pytest.mark.parametrize("name", NAMES)
async def test_every_entry_is_what_a_strict_reader_of_the_three_shapes_takes(
    logins: Logins, source: TokenSource, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "auth.json"
    offer = await logins.begin(f"mcp:{name}", ADA)
    ((key, (shape, entry)),) = strict_reader.read(path).items()
    assert (key, shape) == (f"pending:mcp:{name}:7", "pending")
    assert entry["resource"].endswith("/mcp")

    await logins.complete(await approve(offer.url), ADA)
    for _ in range(2):
        ((key, (shape, entry)),) = strict_reader.read(path).items()
        assert (key, shape) == (name, "mcp")
        assert entry["token_response"]["token_type"] == "bearer"
        assert entry["granted_scopes"] == ["read"]
        left = (strict_reader.expires_at(entry) or 0) - time.time()
        assert 0 < left <= 3600
        await source.force_refresh(f"mcp:{name}")


async def test_a_login_survives_every_rewrite_of_an_agent(
    logins: Logins, source: TokenSource, store: AsyncStore, tmp_path: Path
) -> None:
    """Issuer, token endpoint, resource and the client's secret come from the file of ours."""
    for name in ("posting", "secretive"):
        await log_in(logins, f"mcp:{name}")
    for _ in range(2):
        strict_reader.rewrite(tmp_path / "auth.json")
        for name in ("posting", "secretive"):
            before = await entry_of(store, name)
            assert before.issuer is None
            assert (await source.force_refresh(f"mcp:{name}")).value != before.access_token
