"""A whole login at servers of the official MCP Python SDK: from `mcp:NAME` to a tool call with the token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import PasteRefusedError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore
from tests.support.mcp_servers import (
    ADA,
    MCP_HEADERS,
    NAMES,
    approve,
    break_token,
    call,
    entry_of,
    expire,
    log_in,
    seen,
)


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


async def test_a_short_token_is_renewed_for_each_call_and_never_posted_twice(
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


async def test_a_logout_ends_the_grant_at_the_server_and_forgets_the_login(
    logins: Logins, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """The SDK's revocation endpoint takes only clients that send their secret in the form."""
    await log_in(logins, "mcp:posting")
    token = (await entry_of(store, "posting")).access_token.reveal()

    done = await logins.logout(await logins.account("mcp:posting"), revoke=True)

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
    shown = f"{entry!r} {clients!r} {await logins.states.status()!r} {caplog.text}"
    assert "canary" not in shown
    assert "canary-operators-secret" not in (tmp_path / "auth.json.clients").read_text()
