"""An MCP server of the official SDK, from the slash command in Discord to a tool call with the token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import httpx2
import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import Person
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import InsufficientScopeError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.source import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.storage import FileStore
from tests.cogs.auth.on_discord.discord_bot import begin, form
from tests.support.mcp_servers import MCP_HEADERS, approve


@pytest.fixture
def config(urls: Mapping[str, str]) -> Config:
    tables = {name: {"url": f"{url}/mcp"} for name, url in urls.items()}
    return Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp=tables)


@pytest.fixture
async def source(config: Config, store_path: Path) -> AsyncIterator[TokenSource]:
    async with TokenSource(FileStore(store_path), catalogue=Catalogue.from_config(config, {})) as source:
        yield source


async def call(source: TokenSource, url: str, tool: str, **arguments: int) -> int:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    async with httpx2.AsyncClient(auth=source.auth("mcp:new"), headers=MCP_HEADERS) as client:
        return (await client.post(f"{url}/mcp", json=body)).status_code


async def log_in(ada: Person) -> str:
    login = await begin(ada, "mcp:new")
    (link,) = login.link_buttons
    done = await (await (await form(ada, login)).submit(await approve(link))).settled()
    assert done.ephemeral
    return done.content


async def test_from_the_command_to_a_tool_call_and_on_to_a_step_up(
    bot: commands.Bot, ada: Person, urls: Mapping[str, str], source: TokenSource
) -> None:
    choices = await ada.complete_option("auth login", "vendor", "mcp:ne")
    assert [(choice.name, choice.value) for choice in choices] == [("new (MCP) · not logged in", "mcp:new")]

    assert "Logged in to new (MCP)" in await log_in(ada)
    assert await call(source, urls["new"], "add", a=2, b=3) == 200
    with pytest.raises(InsufficientScopeError):
        await call(source, urls["new"], "wipe")
    status = await (await ada.slash("auth status")).settled()
    assert "agents need more scopes: admin. Log in again" in status.content
    await log_in(ada)
    assert await call(source, urls["new"], "wipe") == 200

    status = await (await ada.slash("auth status")).settled()
    assert "new (MCP)**: logged in" in status.content
    assert f"at {urls['new'].removeprefix('http://')}" in status.content
    assert "lack scopes" not in status.content


async def test_a_server_that_registers_nobody_says_what_the_operator_has_to_do(bot: commands.Bot, ada: Person) -> None:
    answer = await begin(ada, "mcp:closed")

    assert "This bot is not registered at mcp:closed yet" in answer.content
    assert "http://localhost:53682/callback" in answer.content
    assert "[mcp.closed]" in answer.content


async def test_a_login_is_cancelled_and_ended_under_the_servers_name(
    bot: commands.Bot, ada: Person, stored: Callable[[], dict[str, object]]
) -> None:
    await begin(ada, "mcp:new")
    await (await ada.slash("auth cancel", vendor="mcp:new")).settled()
    assert not stored()

    await log_in(ada)
    assert list(stored()) == ["new"]
    question = await (await ada.slash("auth logout", vendor="mcp:new")).settled()
    assert "new (MCP)" in question.content
