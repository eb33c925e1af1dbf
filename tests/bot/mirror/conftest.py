"""A store with logins at the issuer, and the mirror beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.bot.mirror.file import MirrorFile
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config import Config
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import Draft, FileStore, Json, McpEntry, PendingEntry, Secret, TokenEntry
from tests.support.clock import Clock

REPLY: dict[str, Json] = {
    "access_token": "mcp-at",
    "token_type": "bearer",
    "expires_in": 10**9,
    "refresh_token": "mcp-rt",
}


@pytest.fixture
async def runtime(tmp_path: Path, issuer: Issuer, clock: Clock) -> AsyncIterator[Runtime]:
    """Store a login that can be renewed, one with a label, an API key, one at an MCP server, and a pending one."""
    table = {"token_url": issuer.token_url, "authorize_url": issuer.authorize_url, "client_id": CLIENT_ID}
    catalogue = Catalogue.from_config(Config(vendors={"lab": {**table, "redirect_uri": REDIRECT_URI}}), {})
    store = FileStore(tmp_path / "store/auth.json", clock=clock)

    def write(draft: Draft) -> None:
        for tenant in ("lab", "lab@work"):
            reply = issuer.tokens.issue(CLIENT_ID, tenant, ())
            access, refresh = Secret(str(reply["access_token"])), Secret(str(reply["refresh_token"]))
            draft[tenant] = TokenEntry(
                access, refresh, int(clock()) + 3600, issuer.token_url, tenant, {"id_token": "x"}
            )
        draft["key"] = TokenEntry(Secret("api-key"), Secret(""), 2**64 - 1, "https://x.example/", "key")
        draft["mcp:far"] = McpEntry("client", REPLY, ("a",), int(clock()))
        draft["pending:lab:7"] = PendingEntry(Secret("v"), Secret("s"), "https://x", "lab", None, int(clock()))

    store.update(write)
    async with Runtime(store, catalogue, clock=clock) as runtime:
        yield runtime


@pytest.fixture
def file(tmp_path: Path) -> MirrorFile:
    return MirrorFile(tmp_path / "mirror/auth.json")
