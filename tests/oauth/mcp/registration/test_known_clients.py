"""Kept clients: used again, replaced when they stop working, and never sent to another issuer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.entries.account_limits import MOST_UNUSED
from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.mcp import Discovered, Fetch, ServerLogins
from openab_auth.oauth.mcp.registration import client_key, identify
from openab_auth.oauth.mcp.registration.known_clients import keep_client
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue, McpServer
from openab_auth.storage import (
    CONSOLE,
    AsyncStore,
    ClientRecord,
    Draft,
    FileStore,
    McpEntry,
    PendingEntry,
    Secret,
    StorageError,
)
from tests.oauth.mcp.stranger import Stranger

NOW = 1_800_000_000
REGISTER = "/register"


# Kept registrations


@pytest.fixture
async def kept(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, answers: Any
) -> dict[str, ClientRecord]:
    answers(client_secret="s3", client_secret_expires_at=NOW + 3600, token_endpoint_auth_method="client_secret_post")
    identity = await identify(server, found, ("read",), {}, fetch, now=NOW)
    assert identity.record is not None
    stranger.asked.clear()
    answers(client_id="c2")
    return {client_key(server, found.issuer): identity.record}


async def test_a_registration_is_used_again(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, kept: dict[str, ClientRecord]
) -> None:
    identity = await identify(server, found, ("write",), kept, fetch, now=NOW)

    assert (identity.client_id, identity.client_secret) == ("c1", Secret("s3"))
    assert identity.auth_method == "client_secret_post"
    assert not stranger.asked


async def test_an_ended_secret_a_moved_redirect_or_more_scopes_register_anew(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, kept: dict[str, ClientRecord]
) -> None:
    moved = replace(server, redirect_uri="http://127.0.0.1:53682/callback")
    for one, scopes, now, anew in (
        (server, ("read",), NOW + 3000, False),
        (moved, ("read",), NOW, False),
        (server, ("read", "admin"), NOW, False),
        (server, ("read",), NOW, True),
    ):
        assert (await identify(one, found, scopes, kept, fetch, now=now, anew=anew)).client_id == "c2"

    assert stranger.asked[2][2]["scope"] == "read admin write"


async def test_a_registration_never_goes_to_another_issuer(
    server: McpServer, found: Discovered, fetch: Fetch, stranger: Stranger, kept: dict[str, ClientRecord]
) -> None:
    """MCP, authorization server binding: credentials are keyed by issuer."""
    elsewhere = replace(found, issuer=f"{stranger.url}/other")

    assert (await identify(server, elsewhere, ("read",), kept, fetch, now=NOW)).client_id == "c2"


async def test_the_operators_client_stays_at_the_issuer_where_it_was_first_used(
    server: McpServer, found: Discovered, fetch: Fetch
) -> None:
    mine = replace(server, client_id="mine")
    identity = await identify(mine, found, (), {}, fetch, now=NOW)
    assert identity.record is not None
    kept = {client_key(mine, found.issuer): identity.record}
    moved = replace(found, issuer="https://elsewhere.example")

    with pytest.raises(ServerUnusableError, match="another authorization server now"):
        await identify(mine, moved, (), kept, fetch, now=NOW)

    confirmed = replace(mine, issuer="https://elsewhere.example")
    assert (await identify(confirmed, moved, (), kept, fetch, now=NOW)).client_id == "mine"


async def test_the_operators_missing_secret_is_asked_for_and_never_written_down(
    server: McpServer, found: Discovered, fetch: Fetch
) -> None:
    mine = replace(
        server, client_id="mine", client_secret_env="LAB_SECRET", token_endpoint_auth_method="client_secret_post"
    )
    with pytest.raises(ServerUnusableError, match="set LAB_SECRET"):
        await identify(mine, found, (), {}, fetch, now=NOW)

    identity = await identify(replace(mine, client_secret=Secret("s3")), found, (), {}, fetch, now=NOW)

    assert (identity.auth_method, identity.client_secret) == ("client_secret_post", Secret("s3"))
    assert identity.record is not None
    assert identity.record.client_secret is None


async def test_a_client_that_no_disk_took_is_the_one_of_the_next_try(
    server: McpServer, store: AsyncStore, driver: Driver, stranger: Stranger, answers: Any, tmp_path: Path
) -> None:
    """A server gives a client's secret only once; a second registration would leave the first client there forever."""
    stranger.is_a_good_server()
    answers(client_secret="s3", token_endpoint_auth_method="client_secret_post")
    catalogue = Catalogue.from_config(
        Config(auth=AuthSettings(vendors=(), allow_http_loopback=True), mcp={"lab": {"url": server.url}}), {}
    )
    logins = ServerLogins(CurrentCatalogue(catalogue), store, driver, clock=lambda: NOW)
    (tmp_path / "auth.json.clients").symlink_to(tmp_path / "elsewhere")  # refused on write

    with pytest.raises(StorageError):
        await logins.bind(server, CONSOLE)
    (tmp_path / "auth.json.clients").unlink()
    binding = await logins.bind(server, CONSOLE)

    assert binding.client_secret == Secret("s3")
    assert stranger.paths.count(REGISTER) == 1
    assert (await store.clients())[client_key(server, binding.issuer)].client_secret == Secret("s3")


async def test_clients_of_many_labels_without_a_login_do_not_fill_the_store(server: McpServer, tmp_path: Path) -> None:
    """Whoever may log in chooses labels freely, and each label registers a client before anybody logs in."""
    pending = PendingEntry(Secret("v"), Secret("s"), server.url, "mcp:lab@waits", created_at=NOW)
    login = McpEntry("c", {"access_token": "t", "token_type": "bearer"})

    def keep(draft: Draft, label: str) -> None:
        keep_client(draft, server.of_account(label), "https://lab.example", ClientRecord("c"))

    def begin(draft: Draft) -> None:
        draft["pending:mcp:lab@waits:7"], draft["lab@there"] = pending, login
        for label in ("", "waits", "there"):
            keep(draft, label)

    files = FileStore(tmp_path / "auth.json", clock=lambda: NOW)
    files.update(begin)
    for number in range(100):
        files.update(partial(keep, label=f"x{number}"))

    kept = [key.partition(" ")[0] for key in files.clients()]
    newest = [f"mcp:lab@x{number}" for number in range(100 - MOST_UNUSED, 100)]
    assert kept == ["mcp:lab", "mcp:lab@waits", "mcp:lab@there", *newest]
