"""The SDK's servers, running, and the browser of a person who approves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest

NAMES = ("new", "brief", "closed", "secretive", "old", "oldest")
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


@pytest.fixture(scope="session")
def urls() -> Iterator[Mapping[str, str]]:
    """Every kind of server, in one process, for all tests."""
    program = Path(__file__).with_name("sdk_servers.py")
    with subprocess.Popen([sys.executable, str(program), *NAMES], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


async def approve(link: str) -> str:
    """The address that a person's browser ends on."""
    async with httpx2.AsyncClient() as browser:
        reply = await browser.get(link)
    return reply.headers["location"]
