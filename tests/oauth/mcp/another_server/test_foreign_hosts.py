"""Logins with an account at another host: messages name both hosts, and hosts of the config are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import ServerUnusableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.mcp import Binding
from openab_auth.oauth.mcp.foreign_hosts import foreign_hosts
from openab_auth.oauth.vendors import Catalogue, McpServer
from openab_auth.storage import AsyncStore
from tests.oauth.mcp.another_server.changing_server import ADA, CONFIG, MALLORY, paste
from tests.oauth.mcp.stranger import RESOURCE, RFC_8414, Page, Stranger


def names(server: Stranger, issuer: Stranger) -> None:
    """Let the server name this authorization server."""
    server.pages[f"{RESOURCE}/mcp"] = Page(server.resource(authorization_servers=[issuer.url]))


async def test_a_login_with_an_account_elsewhere_says_which_host_gets_its_token(
    logins: Logins, evil: Stranger, good: Stranger
) -> None:
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)

    offer = await logins.begin("mcp:lab", ADA)
    await logins.complete(paste(offer), ADA)

    hosts = (evil.url.removeprefix("http://"), good.url.removeprefix("http://"))
    assert (offer.vendor.token_for, offer.vendor.account_at) == hosts
    (state,) = (await logins.states.status()).logins
    assert state.vendor is not None
    assert (state.vendor.token_for, state.vendor.account_at) == hosts


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint"])
async def test_one_foreign_endpoint_is_enough_to_be_told(
    logins: Logins, evil: Stranger, good: Stranger, endpoint: str
) -> None:
    evil.pages[RFC_8414] = Page(evil.metadata(**{endpoint: f"{good.url}/there"}))
    await logins.added.add("lab", evil.mcp, MALLORY)

    offer = await logins.begin("mcp:lab", ADA)

    assert offer.vendor.account_at == good.url.removeprefix("http://")


async def test_a_server_with_accounts_of_its_own_says_nothing_of_the_kind(logins: Logins, good: Stranger) -> None:
    await logins.added.add("lab", good.mcp, ADA)

    assert (await logins.begin("mcp:lab", ADA)).vendor.account_at == ""


@pytest.mark.parametrize("known_as", ["vendor", "issuer of a vendor", "server", "issuer of a server"])
async def test_an_added_server_gets_no_account_of_a_host_that_the_config_names(
    store: AsyncStore, driver: Driver, evil: Stranger, good: Stranger, known_as: str
) -> None:
    vendor = {"client_id": "c", "redirect_uri": "http://localhost:1/cb"}
    endpoints = {"authorize_url": "https://shop.example/a", "token_url": f"{good.url}/token"}
    config = {
        "vendor": replace(CONFIG, vendors={"shop": {**vendor, **endpoints}}),
        "issuer of a vendor": replace(CONFIG, vendors={"shop": {**vendor, "issuer": good.url}}),
        "server": replace(CONFIG, mcp={"shop": {"url": good.mcp}}),
        "issuer of a server": replace(CONFIG, mcp={"shop": {"url": "https://shop.example/mcp", "issuer": good.url}}),
    }[known_as]
    logins = Logins(Catalogue.from_config(config, {}), store, driver)
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.added.add("own", f"{good.url}/mcp", ADA)

    with pytest.raises(ServerUnusableError, match="shop"):
        await logins.begin("mcp:lab", ADA)
    assert await logins.begin("mcp:own", ADA)
    assert "/register" not in evil.paths + good.paths[:-1]
    await logins.aclose()


@pytest.mark.parametrize("account", ["", f"@u{ADA}"])
async def test_an_added_server_gets_no_account_of_another_servers_host(
    logins: Logins, evil: Stranger, good: Stranger, account: str
) -> None:
    await logins.added.add("good", good.mcp, ADA)
    names(evil, good)
    await logins.added.add("lab", evil.mcp, MALLORY)
    await logins.complete(paste(await logins.begin(f"mcp:good{account}", ADA)), ADA)

    with pytest.raises(ServerUnusableError, match="mcp:good's") as refused:  # whose login it is does not concern others
        await logins.begin("mcp:lab", MALLORY)
    assert f"u{ADA}" not in str(refused.value)
    await logins.logout(await logins.account(f"mcp:good{account}"), revoke=False)
    assert await logins.begin("mcp:lab", ADA)


def test_a_long_host_hides_no_other_and_a_dot_at_its_end_makes_it_no_other() -> None:
    server = McpServer("lab", "https://mcp.example/mcp", added_by=MALLORY)
    long = f"https://{'a.' * 100}evil.example"
    binding = Binding(
        server.url, long, server.url, f"{long}/a", "https://good.example./t", "http://localhost:53682/callback", "c"
    )

    shown = binding.vendor(server).account_at

    assert shown.startswith("…")
    assert shown.endswith(".evil.example, good.example")
    assert len(shown) < 100
    assert foreign_hosts(server, "https://MCP.example.:443/t") == ()
