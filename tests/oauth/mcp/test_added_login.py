"""A running agent finds a login at an added server: the token is read, renewed, and sent nowhere else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx2
import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    NoPendingLoginError,
    NotLoggedInError,
    NotRefreshableError,
    UnknownVendorError,
    VendorMisconfiguredError,
)
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, StoreUnreadableError
from tests.support.mcp_servers import ADA, MCP_HEADERS, approve, expire, log_in, seen

EVIL = "https://evil.example/mcp"


def catalogue(*, mcp_add: bool = True) -> Catalogue:
    auth = AuthSettings(vendors=(), allow_http_loopback=True, mcp_add=mcp_add)
    return Catalogue.from_config(Config(auth=auth), {})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "auth.json.servers"


def write(place: Path, text: str) -> None:
    place.write_text(text)


def make_unreadable(place: Path) -> None:
    """Replace the file by a folder, which not even root can read as a file."""
    place.unlink()
    place.mkdir()


@pytest.fixture
async def logins(store: AsyncStore, driver: Driver) -> AsyncIterator[Logins]:
    logins = Logins(catalogue(), store, driver)
    yield logins
    await logins.aclose()


@pytest.fixture
async def source(tmp_path: Path, driver: Driver) -> AsyncIterator[TokenSource]:
    """Return an agent's source; its config allows no additions and names no server."""
    store = AsyncStore(FileStore(tmp_path / "auth.json"))
    async with TokenSource(store, catalogue=catalogue(mcp_add=False), driver=driver) as source:
        yield source


@pytest.fixture
async def logged_in(source: TokenSource, logins: Logins, urls: Mapping[str, str]) -> str:
    """Add a server and log in, after the agent has started; return the server's address."""
    with pytest.raises(NotLoggedInError):
        await source.get_valid("mcp:lab")
    await logins.added.add("lab", f"{urls['new']}/mcp", ADA)
    await log_in(logins, "mcp:lab")
    return urls["new"]


async def test_a_running_agent_uses_and_renews_it_even_once_adding_is_off(
    source: TokenSource, store: AsyncStore, logged_in: str
) -> None:
    first = await source.get_valid("mcp:lab")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add", "arguments": {"a": 2, "b": 3}}}
    async with httpx2.AsyncClient(auth=source.auth("mcp:lab"), headers=MCP_HEADERS) as client:
        assert (await client.post(f"{logged_in}/mcp", json=body)).status_code == 200
    assert await source.server_url("mcp:lab") == f"{logged_in}/mcp"
    await expire(store, "lab")

    second = await source.get_valid("mcp:lab")
    await expire(store, "lab")

    assert len({token.value.reveal() for token in (first, second, await source.get_valid("lab"))}) == 3


@pytest.mark.parametrize("url", [EVIL, ""])
async def test_a_list_that_points_elsewhere_by_now_sends_no_token_there(
    source: TokenSource, store: AsyncStore, logged_in: str, place: Path, url: str
) -> None:
    write(place, json.dumps({"lab": {"url": url or f"{logged_in}/mcp/evil", "added_by": 1, "added_at": 1}}))
    await expire(store, "lab")

    token = await source.get_valid("mcp:lab")  # renewed where it was made

    assert token.value
    assert await source.server_url("mcp:lab") == f"{logged_in}/mcp"


@pytest.mark.parametrize("damage", ["{torn", ""])
async def test_a_lost_list_loses_no_login_and_its_return_brings_the_renewal(
    source: TokenSource, store: AsyncStore, logins: Logins, logged_in: str, place: Path, damage: str
) -> None:
    write(place, damage)
    token = await source.get_valid("mcp:lab")
    assert await source.server_url("mcp:lab") == f"{logged_in}/mcp"
    await expire(store, "lab")
    with pytest.raises(NotRefreshableError, match=r"no MCP server of this name .* add an \[mcp\.lab\] table"):
        await source.get_valid("mcp:lab")

    await logins.added.add("lab", f"{logged_in}/mcp", ADA)

    assert await source.get_valid("mcp:lab") != token


async def test_an_unreadable_list_is_named_in_the_error_and_stops_nobody_else(
    source: TokenSource, store: AsyncStore, logged_in: str, place: Path
) -> None:
    make_unreadable(place)
    token = await source.get_valid("mcp:lab")
    assert await source.server_url("mcp:lab") == f"{logged_in}/mcp"

    with pytest.raises(StoreUnreadableError, match=r"auth\.json\.servers"):
        await source.force_refresh("mcp:lab")
    assert await source.get_valid("mcp:lab", min_ttl=10_000) == token  # what lives is served


async def test_a_login_with_only_a_persons_word_for_its_address_posts_nothing(
    source: TokenSource, store: AsyncStore, logged_in: str
) -> None:
    """Only a server that the operator named is discovered again; a person could name any address."""
    entry = (await store.read())["lab"]
    posted = len(await seen(logged_in, "/token", entry.client_id))  # type: ignore[union-attr]
    await store.update(lambda draft: draft.clients.clear())
    await expire(store, "lab")

    with pytest.raises(NotRefreshableError, match="log in again"):
        await source.get_valid("mcp:lab")
    with pytest.raises(UnknownVendorError):
        await source.server_url("mcp:lab")
    assert len(await seen(logged_in, "/token", entry.client_id)) == posted  # type: ignore[union-attr]


async def test_a_login_that_was_begun_before_the_server_was_removed_is_over(
    logins: Logins, store: AsyncStore, urls: Mapping[str, str]
) -> None:
    await logins.added.add("lab", f"{urls['new']}/mcp", ADA)
    offer = await logins.begin("mcp:lab", ADA)
    paste = await approve(offer.url)
    await logins.added.remove("lab", lambda _: None)
    await logins.added.add("lab", EVIL, ADA)

    with pytest.raises(NoPendingLoginError):
        await logins.complete(paste, ADA)
    assert dict(await store.read()) == {}


async def test_after_a_logout_the_server_is_removed_with_all_its_records(
    logins: Logins, store: AsyncStore, logged_in: str
) -> None:
    assert await store.clients()

    await logins.logout(await logins.account("mcp:lab"), revoke=False)
    await logins.added.remove("lab", lambda _: None)

    assert dict(await store.read()) == {}
    assert dict(await store.clients()) == {}


async def test_private_addresses_stay_out_of_reach(store: AsyncStore, driver: Driver) -> None:
    auth = AuthSettings(vendors=(), mcp_add=True)
    logins = Logins(Catalogue.from_config(Config(auth=auth), {}), store, driver)
    await logins.added.add("lab", "https://127.0.0.1:9/mcp", ADA)

    with pytest.raises(VendorMisconfiguredError, match=r"127\.0\.0\.1 is in a private network"):
        await logins.begin("mcp:lab", ADA)
    await logins.aclose()


async def test_another_programs_file_adds_nothing_that_the_config_would_refuse(logins: Logins, place: Path) -> None:
    record = {"url": "https://mcp.example/mcp", "added_by": 1, "added_at": 1}
    plain = {**record, "url": "http://mcp.example/mcp"}
    write(place, json.dumps({"claude": record, "a/b": record, "plain": plain, "good": record}))

    assert [server.name for server in (await logins.catalogue()).servers()] == ["good"]
