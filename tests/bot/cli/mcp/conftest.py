"""Configs with MCP servers, and a login at one of them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.mcp.answers import said
from tests.support.mcp_servers import approve

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def config(home: Path, urls: Mapping[str, str]) -> Path:
    file = home / ".config/openab-auth/config.toml"
    file.write_text(f"""
        [auth]
        vendors = []
        allow_http_loopback = true
        [mcp.new]
        url = "{urls["new"]}/mcp"
        [mcp.closed]
        url = "{urls["closed"]}/mcp"
        [mcp.narrow]
        url = "{urls["brief"]}/mcp"
        scopes = ["read"]
        [mcp.nowhere]
        url = "http://127.0.0.1:9/mcp"
    """)
    return file


@pytest.fixture
def login(call: Run, config: Path) -> dict[str, Any]:
    link = said(call("login", "mcp:new", "--json"))["url"]
    return said(call("complete", "mcp:new", "--json", text=asyncio.run(approve(link))))
