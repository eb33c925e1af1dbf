"""The names of the SDK's servers, and the actions of a person and an agent there."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import httpx2

from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, McpEntry, UserId

NAMES = ("new", "brief", "closed", "secretive", "old", "oldest")
MCP_HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}

ADA = UserId(7)


async def approve(link: str) -> str:
    """Return the address on which a person's browser ends."""
    async with httpx2.AsyncClient() as browser:
        reply = await browser.get(link)
    return reply.headers["location"]


async def log_in(logins: Logins, vendor: str, user: UserId = ADA) -> None:
    offer = await logins.begin(vendor, user)
    await logins.complete(await approve(offer.url), user)


async def seen(url: str, path: str, client_id: str) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient() as client:
        everything = (await client.get(f"{url}/seen")).json()
    return [one for one in everything if one["path"] == path and one.get("client_id", client_id) == client_id]


async def expire(store: AsyncStore, tenant: str) -> None:
    entry = dataclasses.replace(await entry_of(store, tenant), token_received_at=int(time.time()) - 3600)
    await store.update(lambda draft: draft.__setitem__(tenant, entry))


async def entry_of(store: AsyncStore, tenant: str) -> McpEntry:
    entry = (await store.read())[tenant]
    assert isinstance(entry, McpEntry)
    return entry


async def call(source: TokenSource, urls: Mapping[str, str], name: str, tool: str, **arguments: Any) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    async with httpx2.AsyncClient(auth=source.auth(f"mcp:{name}"), headers=MCP_HEADERS) as client:
        return await client.post(f"{urls[name]}/mcp", json=body)


async def break_token(store: AsyncStore, tenant: str) -> None:
    """Let the server forget the stored access token before it expires."""
    entry = await entry_of(store, tenant)
    broken = dataclasses.replace(
        entry, token_response={**(entry.token_response or {}), "access_token": "canary-unknown"}
    )
    await store.update(lambda draft: draft.__setitem__(tenant, broken))
