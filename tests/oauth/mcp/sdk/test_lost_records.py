"""A login at the SDK's servers whose client or record was lost, rewritten, or cannot be read."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from openab_auth.oauth.errors import NotRefreshableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, Draft, McpEntry, StoreUnreadableError
from tests.support.mcp_servers import entry_of, expire, log_in, seen


async def test_a_login_that_an_agent_has_rewritten_is_renewed_from_our_record(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    """rmcp 1.7 drops the issuer, and after a reply without `scope` the scopes; no version knows the secret."""
    await log_in(logins, "mcp:secretive")
    entry = await entry_of(store, "secretive")
    rewritten = dataclasses.replace(entry, issuer=None, granted_scopes=())
    await store.update(lambda draft: draft.__setitem__("secretive", rewritten))

    renewed = await source.force_refresh("mcp:secretive")

    assert renewed.value != entry.access_token
    refresh = (await seen(urls["secretive"], "/token", "operators"))[-1]
    assert refresh["authorization"].startswith("Basic ")
    assert refresh["resource"] == f"{urls['secretive']}/mcp"
    assert "client_secret" not in refresh
    assert (await entry_of(store, "secretive")).issuer == entry.issuer


async def test_a_login_without_its_record_is_found_again_at_its_issuer_alone(
    logins: Logins, source: TokenSource, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")
    (tmp_path / "auth.json.clients").unlink()
    assert (await source.force_refresh("mcp:new")).value != entry.access_token
    token_url = (await store.clients())["new"].facts["token_url"]
    assert isinstance(token_url, str)
    assert token_url.endswith("/token")

    (tmp_path / "auth.json.clients").unlink()
    for issuer, reason in ((None, "not known"), ("https://elsewhere.example", "another authorization server")):
        moved = dataclasses.replace(await entry_of(store, "new"), issuer=issuer)

        def move(draft: Draft, moved: McpEntry = moved) -> None:
            draft["new"] = moved

        await store.update(move)
        with pytest.raises(NotRefreshableError, match=reason):
            await source.force_refresh("mcp:new")


async def test_a_login_under_the_designs_key_is_read_and_renewed_where_it_lies(
    logins: Logins, source: TokenSource, store: AsyncStore
) -> None:
    await log_in(logins, "mcp:new")
    entry = await entry_of(store, "new")

    def move(draft: Draft) -> None:
        draft["mcp:new"] = draft.pop("new")

    await store.update(move)

    assert (await source.get_valid("mcp:new")).value == entry.access_token
    assert (await source.get_valid("new")).value == entry.access_token
    assert (await source.force_refresh("mcp:new")).value != entry.access_token
    assert set(await store.read()) == {"mcp:new"}
    await logins.logout(await logins.account("mcp:new"), revoke=False)
    assert not await store.read()


def put_aside(clients: Path) -> Path:
    """Replace a file by a folder, which nobody can read, not even root."""
    aside = clients.with_name("aside")
    clients.rename(aside)
    clients.mkdir()
    return aside


async def test_an_unreadable_clients_file_leaves_live_tokens_and_kills_none(
    logins: Logins, source: TokenSource, store: AsyncStore, urls: Mapping[str, str], tmp_path: Path
) -> None:
    """An unreadable file says nothing about the login; the error names the file."""
    await log_in(logins, "mcp:new")
    entry, notes = await entry_of(store, "new"), dict(await store.notes())
    ends_soon = dataclasses.replace(entry, token_received_at=int(time.time()) - 3540)
    await store.update(lambda draft: draft.__setitem__("new", ends_soon))
    aside = put_aside(tmp_path / "auth.json.clients")
    posted = len(await seen(urls["new"], "/token", entry.client_id))

    assert (await source.get_valid("mcp:new")).value == entry.access_token
    await expire(store, "new")
    for _ in range(2):
        with pytest.raises(StoreUnreadableError, match=r"auth\.json\.clients could not be read .*nothing was changed"):
            await source.get_valid("mcp:new")

    assert dict(await store.notes()) == notes
    assert [login.state for login in (await logins.states.status()).logins] == ["expired"]
    assert len(await seen(urls["new"], "/token", entry.client_id)) == posted

    (tmp_path / "auth.json.clients").rmdir()
    aside.rename(tmp_path / "auth.json.clients")
    assert (await source.get_valid("mcp:new")).value != entry.access_token
