"""The address of an added server: how messages show it, and logins at an earlier address of the name."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import ConfigError, ForeignLoginError, ServerAddressError, ServerNotAddedError
from openab_auth.oauth.http import NetworkPolicy
from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue
from openab_auth.oauth.vendors.mcp_server import read_added_server
from openab_auth.storage import AddedServer, AsyncStore, Draft, Entry, Secret, Tenant, TokenEntry
from tests.oauth.mcp.added.added_servers import ADA, CONFIG, EVIL, URL, login, record

PLAIN = re.compile(r"https://[a-z][a-z0-9-]*(\.[a-z]+)*/[!$&-,0-9:;=@A-Z_a-z~-]*")


@given(
    name=st.one_of(st.text(max_size=40), st.from_regex(r"[A-Za-z0-9._-]{1,33}", fullmatch=True)),
    url=st.one_of(st.text(), st.text().map("https://mcp.example/{}".format), st.text().map("https://{}/mcp".format)),
    http_loopback=st.booleans(),
)
def test_an_address_a_table_may_have_is_added_and_reached_as_shown(name: str, url: str, http_loopback: bool) -> None:
    settings = AuthSettings(vendors=(), mcp_add=True, allow_http_loopback=http_loopback)
    base = Catalogue.from_config(Config(auth=settings), {})
    try:
        table = Catalogue.from_config(Config(auth=settings, mcp={name: {"url": url.replace("${", "$${")}}), {})
    except ConfigError:
        with pytest.raises(ServerNotAddedError):
            base.read_new_server(name, AddedServer(url, ADA, 0))
        return
    try:
        connected_to = httpx2.URL(url).raw_host.decode().rstrip(".")
    except httpx2.InvalidURL:
        connected_to = ""
    try:
        server = base.read_new_server(name, AddedServer(url, ADA, 0))
    except ServerAddressError:
        assert not PLAIN.fullmatch(url)
        return

    assert connected_to
    assert connected_to in server.host
    assert replace(server, added_by=None) == table.server_of(Tenant(name))
    assert server.host.isascii()
    assert server.vendor.title.isprintable()
    assert len(server.vendor.title) <= 100


async def test_no_variable_of_the_environment_goes_into_an_address(store: AsyncStore) -> None:
    catalogue = Catalogue.from_config(CONFIG, {"DISCORD_TOKEN": "canary-token"})
    added = AddedServers(CurrentCatalogue(catalogue), store, clock=lambda: 1.0)

    server, _ = await added.add("lab", "https://evil.example/${DISCORD_TOKEN}", ADA)

    assert server.url == "https://evil.example/${DISCORD_TOKEN}"
    assert "canary" not in repr((await added.catalogue()).server_of(Tenant("lab")))


def test_a_host_is_shown_by_its_end_and_in_letters_that_cannot_be_mistaken() -> None:
    def title(url: str) -> str:
        return read_added_server("lab", AddedServer(url, ADA, 0), taken={}, base=NetworkPolicy()).vendor.title

    assert title("https://mcp.linear.app.and.a.very.long.name.of.evil.example:8443/mcp").endswith("evil.example:8443)")
    assert title("https://xn--pple-43d.example/mcp") == "lab (MCP at xn--pple-43d.example)"
    assert title("https://[2001:db8::1]/mcp") == "lab (MCP at [2001:db8::1])"


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("lab", TokenEntry(Secret("canary"), Secret("r"), 1, "https://x.example/token", "lab")),
        ("mcp:lab", login()),
        ("lab", login(client_id="another")),
        ("lab", login(issuer="https://another.example")),
    ],
)
async def test_a_name_that_holds_another_servers_login_is_refused(
    added: AddedServers, store: AsyncStore, key: str, entry: Entry
) -> None:
    def there(draft: Draft) -> None:
        draft[key] = entry
        draft.clients["lab"] = record()

    await store.update(there)

    with pytest.raises(ForeignLoginError):
        await added.add("lab", URL, ADA)
    assert dict(await store.servers()) == {}


@pytest.mark.parametrize("lost", [True, False])
async def test_a_login_of_another_address_is_refused_even_without_its_record(
    added: AddedServers, store: AsyncStore, lost: bool
) -> None:
    def there(draft: Draft) -> None:
        draft["lab"] = login()
        if not lost:
            draft.clients["lab"] = record()

    await store.update(there)

    with pytest.raises(ForeignLoginError):
        await added.add("lab", EVIL, ADA)


@pytest.mark.parametrize("resource", ["https://mcp.example/public", "https://mcp.example"])
@pytest.mark.parametrize(
    "url", ["https://mcp.example/public/evil", "https://mcp.example/public/mcp/evil", f"{URL}?a=b"]
)
async def test_a_login_is_not_given_to_another_endpoint_of_its_host(
    added: AddedServers, store: AsyncStore, resource: str, url: str
) -> None:
    def there(draft: Draft) -> None:
        draft["lab"] = login()
        draft.clients["lab"] = record(resource)

    await store.update(there)

    with pytest.raises(ForeignLoginError):
        await added.add("lab", url, ADA)
