"""People add servers and log in to them."""

from __future__ import annotations

from dataclasses import replace

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.mcp import Binding
from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue
from openab_auth.storage import AddedServer, AsyncStore, ClientRecord, McpEntry, UserId

URL = "https://mcp.example/public/mcp"
EVIL = "https://evil.example/mcp"
ADA, BOB = UserId(7), UserId(8)
CONFIG = Config(auth=AuthSettings(mcp_add=True), mcp={"linear": {"url": "https://mcp.linear.app/mcp"}})


def of(config: Config, store: AsyncStore) -> AddedServers:
    return AddedServers(CurrentCatalogue(Catalogue.from_config(config, {})), store, clock=lambda: 1_800_000_000.5)


def anybody(_: AddedServer) -> None:
    """Let everybody remove the server."""


def login(url: str = URL, **changes: object) -> McpEntry:
    entry = McpEntry(
        "c1",
        {"access_token": "canary-at", "refresh_token": "canary-rt", "token_type": "bearer"},
        ("read",),
        1,
        f"{url}/as",
    )
    return replace(entry, **changes)  # type: ignore[arg-type]  # each of its own field


def record(url: str = URL) -> ClientRecord:
    issuer = f"{URL}/as"
    binding = Binding(
        URL, issuer, url, f"{issuer}/authorize", f"{issuer}/token", "http://localhost:53682/callback", "c1"
    )
    return binding.as_client()
