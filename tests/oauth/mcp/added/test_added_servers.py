"""Servers that people add: refused additions, lookups, and removals."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.oauth.config import AuthSettings
from openab_auth.oauth.errors import (
    AddingServersOffError,
    ConfigError,
    ServerAddressError,
    ServerNameError,
    ServerNameTakenError,
    ServerNotAddedError,
    TooManyServersError,
    UnknownVendorError,
)
from openab_auth.oauth.mcp.added_servers import MOST_SERVERS, AddedServers
from openab_auth.oauth.vendors import Catalogue, VendorName, read_config
from openab_auth.storage import AddedServer, AsyncStore, Draft, FileStore, Tenant, UserId
from tests.oauth.mcp.added.added_servers import ADA, BOB, CONFIG, EVIL, URL, anybody, login, of, record


async def test_an_added_server_is_one_more_vendor_whose_title_says_where_it_is(
    added: AddedServers, store: AsyncStore
) -> None:
    server, new = await added.add("lab", f" {URL} ", ADA)

    assert new
    assert dict(await store.servers()) == {"lab": AddedServer(URL, ADA, 1_800_000_000)}
    catalogue = await added.catalogue()
    assert catalogue.get("mcp:lab").title == "lab (MCP at mcp.example)"
    assert [vendor.name for vendor in catalogue.offered()][-2:] == ["mcp:linear", "mcp:lab"]
    assert catalogue.server_of(Tenant("lab")) == catalogue.server_named(VendorName("mcp:lab")) == server
    assert (server.url, server.added_by, server.network_policy.hosts, server.client_id) == (URL, ADA, frozenset(), "")
    assert _title_of(catalogue, "lab") == "lab (MCP at mcp.example)"


async def test_the_same_once_more_is_there_already_whoever_asks(added: AddedServers, store: AsyncStore) -> None:
    await added.add("lab", URL, ADA)
    before = await store.servers()

    server, new = await added.add("lab", URL, BOB)

    assert not new
    assert server.added_by == ADA
    assert await store.servers() == before


@pytest.mark.parametrize(
    ("name", "url", "error"),
    [
        ("claude", URL, ServerNameTakenError),
        ("anthropic-oauth", URL, ServerNameTakenError),
        ("CoDeX", URL, ServerNameTakenError),
        ("linear", URL, ServerNameTakenError),
        ("linear", "https://mcp.linear.app/mcp", ServerNameTakenError),
        ("Linear", URL, ServerNameTakenError),
        ("there", EVIL, ServerNameTakenError),
        ("There", URL, ServerNameTakenError),
        ("", URL, ServerNameError),
        ("a/b", URL, ServerNameError),
        ("a..b", URL, ServerNameError),
        ("../x", URL, ServerNameError),
        (".hidden", URL, ServerNameError),
        ("mcp:lab", URL, ServerNameError),
        ("pending:lab", URL, ServerNameError),
        ("access_token", URL, ServerNameError),
        ("**bold**", URL, ServerNameError),
        ("<@123>", URL, ServerNameError),
        ("x" * 33, URL, ServerNameError),
        ("lab", "", ServerAddressError),
        ("lab", "mcp.example/mcp", ServerAddressError),
        ("lab", "http://mcp.example/mcp", ServerAddressError),
        ("lab", "http://127.0.0.1:9/mcp", ServerAddressError),
        ("lab", "https://me:secret@mcp.example/mcp", ServerAddressError),
        ("lab", "https://mcp.example/mcp#top", ServerAddressError),
        ("lab", "https://mcp.example/m cp", ServerAddressError),
        ("lab", "https://mcp.example\\@evil.example/", ServerAddressError),
        ("lab", "javascript:alert(1)", ServerAddressError),
        ("lab", "https://straße.example/mcp", ServerAddressError),
        ("lab", "https://\u0430pple.example/mcp", ServerAddressError),
        ("lab", "https://mcp.linear.app\u3002evil.example/mcp", ServerAddressError),
        ("lab", "https://\u212a.example/mcp", ServerAddressError),
        ("lab", "https://a<b>.example/mcp", ServerAddressError),
        ("lab", "https://%6cinear.app/mcp", ServerAddressError),
        ("lab", "https://[v1.a]/mcp", ServerAddressError),
        ("lab", "https://./mcp", ServerAddressError),
        ("lab", "https://[fe80::1%25eth0]/mcp", ServerAddressError),
        ("lab", "https://2130706433/mcp", ServerAddressError),
        ("lab", "https://256.1.1.1/mcp", ServerAddressError),
        ("lab", "https://127.1/mcp", ServerAddressError),
        ("lab", "https://mcp.example/ada/../evil", ServerAddressError),
        ("lab", "https://mcp.example/ada/.", ServerAddressError),
        ("lab", "https://mcp.example/ada/%2E%2e/evil", ServerAddressError),
        ("lab", "https://mcp.example/ada/.%2e%2Fevil", ServerAddressError),
        ("lab", "https://mcp.example/ada/..%5cevil", ServerAddressError),
    ],
)
async def test_a_name_that_is_taken_or_against_the_rules_is_refused_unwritten(
    added: AddedServers, store: AsyncStore, name: str, url: str, error: type[ServerNotAddedError]
) -> None:
    await added.add("there", URL, ADA)
    before = await store.servers()

    with pytest.raises(error) as refused:
        await added.add(name, url, BOB)

    assert "[auth]" not in str(refused.value)
    assert "secret" not in str(refused.value)
    assert await store.servers() == before


@pytest.mark.parametrize("resource", [URL, "https://mcp.example/public", "https://mcp.example"])
async def test_a_list_that_was_lost_is_made_up_for_by_adding_the_same_again(
    added: AddedServers, store: AsyncStore, path: Path, resource: str
) -> None:
    await added.add("lab", URL, ADA)

    def log_in(draft: Draft) -> None:
        draft["lab"] = login()
        draft.clients["lab"] = record(resource)

    await store.update(log_in)
    path.with_name("auth.json.servers").unlink()

    assert (await added.add("lab", URL, ADA))[1]
    assert "lab" in await store.read()


async def test_at_most_fifty_are_added_however_many_come_at_once(
    added: AddedServers, store: AsyncStore, path: Path
) -> None:
    other = AsyncStore(FileStore(path))
    both = (added, of(CONFIG, other))

    outcomes = await asyncio.gather(
        *(both[n % 2].add(f"s{n}", URL, UserId(n)) for n in range(MOST_SERVERS + 10)), return_exceptions=True
    )
    await other.aclose()

    assert sum(isinstance(outcome, TooManyServersError) for outcome in outcomes) == 10
    assert len(await store.servers()) == MOST_SERVERS
    assert (await added.add(next(iter(await store.servers())), URL, ADA))[1] is False


async def test_while_adding_is_off_servers_are_known_but_not_added_or_offered(
    added: AddedServers, store: AsyncStore
) -> None:
    await added.add("lab", URL, ADA)
    off = of(replace(CONFIG, auth=AuthSettings()), store)

    assert not off.allowed
    with pytest.raises(AddingServersOffError):
        await off.add("other", URL, ADA)
    with pytest.raises(AddingServersOffError):
        await off.remove("lab", anybody)
    catalogue = await off.catalogue()
    with pytest.raises(UnknownVendorError):
        catalogue.get("mcp:lab")
    assert catalogue.server_named(VendorName("mcp:lab")) is not None
    assert _title_of(catalogue, "lab") == "lab (MCP at mcp.example)"


def test_nobody_may_add_until_the_operator_allows_it(tmp_path: Path) -> None:
    file = tmp_path / "openab-auth.toml"
    for text, allowed in (("", False), ("[auth]\nmcp_add = true", True)):
        file.write_text(text)
        assert Catalogue.from_config(read_config(file, {}), {}).accepts_servers is allowed
    file.write_text('[auth]\nmcp_add = "yes"')
    with pytest.raises(ConfigError, match=r"auth\.mcp_add: must be true or false"):
        read_config(file, {})


@pytest.mark.parametrize("tables", [{"lab": {"url": EVIL}}, {"LAB": {"url": EVIL}}])
async def test_a_config_that_names_the_server_later_wins_over_the_added_one(
    added: AddedServers, store: AsyncStore, tables: dict[str, dict[str, object]]
) -> None:
    await added.add("lab", URL, ADA)
    later = of(replace(CONFIG, mcp=tables), store)

    known = [server for server in (await later.catalogue()).servers() if server.name.casefold() == "lab"]
    assert [(server.url, server.added_by) for server in known] == [(EVIL, None)]
    with pytest.raises(ServerNameTakenError):
        await later.add("lab", URL, ADA)
    await store.update(lambda draft: draft.__setitem__("lab", login()))
    await later.remove("lab", anybody)  # the name is the configured server's by now
    assert dict(await store.servers()) == {}
    assert "lab" in await store.read()


async def test_a_vendor_of_the_same_name_that_comes_later_hides_the_server(
    added: AddedServers, store: AsyncStore
) -> None:
    await added.add("lab", URL, ADA)
    row: dict[str, object] = {"flow": "command", "command": ["lab", "login"]}
    catalogue = await of(replace(CONFIG, vendors={"lab": row}), store).catalogue()

    assert catalogue.server_named(VendorName("mcp:lab")) is None
    assert _title_of(catalogue, "lab") == "lab"


def test_the_same_servers_are_not_read_again_at_each_look() -> None:
    catalogue = Catalogue.from_config(CONFIG, {})
    one, two = AddedServer(URL, ADA, 1), AddedServer(EVIL, ADA, 1)

    with_one = catalogue.with_added({"lab": one})

    assert catalogue.with_added({"lab": one}) is with_one
    with_two = catalogue.with_added({"lab": two})
    assert [server.url for server in with_two.servers()][-1:] == [EVIL]
    assert catalogue.with_added({}) is catalogue


async def test_an_unreadable_list_leaves_all_that_the_config_offers(added: AddedServers, path: Path) -> None:
    path.with_name("auth.json.servers").mkdir(parents=True)

    catalogue = await added.catalogue()

    assert catalogue.get("mcp:linear").tenant == "linear"
    assert catalogue.get("codex").tenant == "codex"


def _title_of(catalogue: Catalogue, tenant: str) -> str:
    vendor = catalogue.vendor_of(Tenant(tenant))
    assert vendor is not None
    return vendor.title
