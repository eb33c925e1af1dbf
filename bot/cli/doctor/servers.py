"""Check MCP servers: do their documents lead to a login, and do the logins have all necessary scopes?"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Final

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.oauth.accounts import resolve
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import NetworkVariableError, OAuthError, join_words
from openab_auth.oauth.http import NetworkPolicy, proxy_for
from openab_auth.oauth.mcp import Discovered, Fetch, GrantedAccess, access_of, advice, discover, metadata_document
from openab_auth.oauth.vendors import Catalogue, McpServer
from openab_auth.storage import ClientRecord, Entry, McpEntry, StoreLocation, open_store
from openab_auth.storage.errors import StorageError

_DEADLINE: Final = 5.0  # seconds for each document
_PATIENCE: Final = 15.0  # seconds for all documents of one server


async def check_servers(catalogue: Catalogue, location: StoreLocation, entries: Mapping[str, Entry]) -> list[Check]:
    """Fetch every server's documents, as the next login would; register nothing."""
    catalogue, clients = await asyncio.to_thread(_with_store, catalogue, location)
    driver = Driver(deadline=_DEADLINE)
    known, offered = catalogue.servers(), {vendor.name for vendor in catalogue.offered()}
    asked = [one for one in known if one.vendor_name in offered]
    hosting = [one for one in known if one.client_metadata_url]
    try:
        reached = await asyncio.gather(
            *(_look_at_documents(server, driver) for server in asked),
            *(_look_at_client_document(server, driver) for server in hosting),
        )
    finally:
        await driver.aclose()
    way = [_look_at_way(known[0].network_policy, os.environ)] if known else []
    return [*way, *reached, *_look_at_scopes(catalogue, entries, clients)]


def _with_store(catalogue: Catalogue, location: StoreLocation) -> tuple[Catalogue, Mapping[str, ClientRecord]]:
    """Return the catalogue with added servers, and the clients; the check of the store reports unreadable files."""
    try:
        store = open_store(location)
        catalogue = catalogue.with_servers_of(store)
        return catalogue, store.clients()
    except StorageError:
        return catalogue, {}


def _look_at_way(policy: NetworkPolicy, environ: Mapping[str, str]) -> Check:
    """Say whether requests to MCP servers take a proxy, and who decides which hosts they reach."""
    name = "mcp proxy"
    try:
        proxy = proxy_for("https://mcp.invalid", environ)
    except NetworkVariableError as error:
        return Check(name, ok=not policy.proxied, message=error.happened, hint=error.todo if policy.proxied else None)
    if proxy is None:
        return Check(name, ok=True, message="none; requests go only to checked public addresses")
    if policy.proxied:
        message = f"{proxy.address} of {proxy.variable}, which decides which hosts requests reach"
        return Check(name, ok=True, message=message)
    message = f"requests to MCP servers do not use the proxy of {proxy.variable}"
    hint = 'if they must, set [auth] mcp_proxy = "environment" (docs/how-to/mcp.md says what that changes)'
    return Check(name, ok=True, message=message, hint=hint)


async def check_client_document(server: McpServer, fetch: Fetch) -> Check:
    """Check that the operator's client document at `client_metadata_url` says what a login would send."""
    name, wanted = f"{server.vendor_name} client document", metadata_document(server)
    hint = f"host this at {server.client_metadata_url}: {json.dumps(wanted)}"
    try:
        found = await fetch.document(server.client_metadata_url)
    except OAuthError as error:
        return Check(name, ok=False, message=error.happened, hint=error.todo)
    if found is None:
        return Check(name, ok=False, message="not found", hint=hint)
    wrong = [member for member in ("client_id", "client_name", "redirect_uris") if found.get(member) != wanted[member]]
    if wrong:
        return Check(name, ok=False, message=f"the document has other values for {', '.join(wrong)}", hint=hint)
    return Check(name, ok=True, message=server.client_metadata_url)


def _fetch(server: McpServer, driver: Driver) -> Fetch:
    return Fetch(driver.http(server.network_policy), server.vendor_name, server.tenant, deadline=driver.deadline)


async def _look_at_client_document(server: McpServer, driver: Driver) -> Check:
    try:
        return await check_client_document(server, _fetch(server, driver))
    except NetworkVariableError as error:
        return Check(f"{server.vendor_name} client document", ok=False, message=error.happened, hint=error.todo)


async def _look_at_documents(server: McpServer, driver: Driver) -> Check:
    name = f"{server.vendor_name} metadata"
    try:
        fetch = _fetch(server, driver)
        async with asyncio.timeout(_PATIENCE):
            found = await discover(server, fetch)
    except OAuthError as error:
        return Check(name, ok=False, message=error.happened, hint=error.todo)
    except TimeoutError:
        return Check(name, ok=False, message="its metadata did not arrive in time", hint="try again later")
    if way := _way_in(server, found):
        return Check(name, ok=True, message=f"authorization server {found.issuer}; {way}")
    hint = f"register one with the redirect {server.redirect_uri} and write client_id into [mcp.{server.name}]"
    return Check(name, ok=False, message=f"{found.issuer} does not register clients by itself", hint=hint)


def _way_in(server: McpServer, found: Discovered) -> str:
    """Describe the client that a login would use; empty if there is none."""
    if server.client_id:
        return "with the client of its table"
    if server.client_metadata_url and found.takes_metadata_documents:
        return "with the client metadata document"
    return "it registers clients" if found.registration_url else ""


def _look_at_scopes(
    catalogue: Catalogue, entries: Mapping[str, Entry], clients: Mapping[str, ClientRecord]
) -> list[Check]:
    """Check each login's granted scopes against the requested scopes and the server's later demands."""
    checks = []
    for server in catalogue.servers():
        tenant = resolve(server.vendor_name, catalogue, entries).tenant
        if isinstance(entry := entries.get(tenant), McpEntry) and entry.token_response:
            checks.append(_scopes(server, access_of(entry, clients.get(tenant), server)))
    return checks


def _scopes(server: McpServer, access: GrantedAccess) -> Check:
    name, granted = f"{server.vendor_name} scopes", f"granted: {join_words(access.granted) or 'none named'}"
    if access.remedy:
        message = f"{granted}; an agent was refused because it lacks {join_words(access.missing)}"
        return Check(name, ok=False, message=message, hint=advice(access.remedy, server.tenant))
    rest = f"; asked for and not granted: {join_words(access.withheld)}" if access.withheld else ""
    return Check(name, ok=True, message=f"{granted}{rest}")
