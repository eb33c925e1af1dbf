"""The SDK's own client with our logins."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthToken

from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.mcp.sdk import SdkStorage, sdk_auth
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, Secret
from tests.support.mcp_servers import MCP_HEADERS, break_token, entry_of, expire, log_in

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


async def test_the_sdk_gets_a_fresh_token_with_its_life_and_no_refresh_token(
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
    example = Path(__file__).parents[4] / "docs" / "examples" / "mcp_tools.py"
    environ = {**os.environ, "OPENAB_AUTH_STORE": str(tmp_path / "auth.json"), "OPENAB_AUTH_CONFIG": str(file)}

    agent = await asyncio.create_subprocess_exec(
        sys.executable, str(example), "mcp:new", cwd=tmp_path, env=environ, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await agent.communicate()

    assert printed.decode().splitlines() == [
        "add: Add two numbers.",
        "wipe: Do nothing; this tool needs the scope `admin`.",
    ]
