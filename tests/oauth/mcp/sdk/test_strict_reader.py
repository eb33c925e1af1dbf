"""The Rust agents can read every login that we store, at each kind of server."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore
from tests.support import strict_reader
from tests.support.mcp_servers import ADA, NAMES, approve, entry_of, log_in

# What the Rust agents read


@pytest.mark.parametrize("name", NAMES)
async def test_every_entry_is_what_a_strict_reader_of_the_three_shapes_takes(
    logins: Logins, source: TokenSource, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "auth.json"
    offer = await logins.begin(f"mcp:{name}", ADA)
    ((key, (shape, entry)),) = strict_reader.read(path).items()
    assert (key, shape) == (f"pending:mcp:{name}:7", "pending")
    assert entry["resource"].endswith("/mcp")

    await logins.complete(await approve(offer.url), ADA)
    for _ in range(2):
        ((key, (shape, entry)),) = strict_reader.read(path).items()
        assert (key, shape) == (name, "mcp")
        assert entry["token_response"]["token_type"] == "bearer"
        assert entry["granted_scopes"] == ["read"]
        left = (strict_reader.expires_at(entry) or 0) - time.time()
        assert 0 < left <= 3600
        await source.force_refresh(f"mcp:{name}")


async def test_a_login_survives_every_rewrite_of_an_agent(
    logins: Logins, source: TokenSource, store: AsyncStore, tmp_path: Path
) -> None:
    """Issuer, token endpoint, resource and the client's secret come from our own file."""
    for name in ("posting", "secretive"):
        await log_in(logins, f"mcp:{name}")
    for _ in range(2):
        strict_reader.rewrite(tmp_path / "auth.json")
        for name in ("posting", "secretive"):
            before = await entry_of(store, name)
            assert before.issuer is None
            assert (await source.force_refresh(f"mcp:{name}")).value != before.access_token
