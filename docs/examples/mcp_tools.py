"""Lists the tools of an MCP server that somebody has logged in to: `python mcp_tools.py mcp:linear`."""

import asyncio
import os
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from openab_auth import TokenSource, open_store


async def main(server: str) -> None:
    """Read the login from the store that every agent reads; the token goes to this server alone."""
    store = open_store(os.environ.get("OPENAB_AUTH_STORE", "~/.openab/agent/auth.json"))
    async with TokenSource(store) as source:
        url = await source.server_url(server)
        async with (
            httpx2.AsyncClient(auth=source.auth(server)) as http,
            Client(streamable_http_client(str(url), http_client=http)) as client,
        ):
            for tool in (await client.list_tools()).tools:
                sys.stdout.write(f"{tool.name}: {tool.description}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
