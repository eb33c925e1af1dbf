"""The requests that meet a hostile server: a refresh at a vendor, and a document of an MCP server."""

from __future__ import annotations

from openab_auth.oauth.client import Driver
from openab_auth.oauth.http import NetworkPolicy
from openab_auth.oauth.mcp import Fetch
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Secret, Tenant
from tests.support.patience import PATIENCE
from tests.support.raw_server import GOOD, RawServer, whole

LONGEST_STEP = 0.1  # seconds of this thread's own processor time, which a busy machine does not add to
VENDOR = Vendor(VendorName("lab"), "Lab", Tenant("lab"), client_id="c", account_from="email")
MEGABYTE = 2**20


async def refresh(driver: Driver, server: RawServer) -> str:
    return (await driver.refresh(VENDOR.client(), Secret("rt-1"), f"{server.url}/token")).access_token.reveal()


async def document(driver: Driver, server: RawServer) -> object:
    return await fetch(driver).document(f"{server.url}/.well-known/oauth-protected-resource")


def fetch(driver: Driver) -> Fetch:
    return Fetch(driver.http(NetworkPolicy(http_loopback=True)), "mcp:lab", "lab", deadline=PATIENCE)


async def warm(driver: Driver, server: RawServer) -> None:
    """The certificates are loaded by a client's first request, whoever answers it."""
    server.sends = [whole(GOOD)]
    assert await refresh(driver, server) == "at"
    assert await document(driver, server)
    server.requests.clear()
