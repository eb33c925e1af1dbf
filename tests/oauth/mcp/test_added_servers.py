"""Servers that people add: what is refused, what is looked up, and what a removal leaves."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import (
    AddingServersOffError,
    ConfigError,
    ForeignLoginError,
    ServerAddressError,
    ServerInUseError,
    ServerNameError,
    ServerNameTakenError,
    ServerNotAddedError,
    ServerNotThereError,
    TooManyServersError,
    UnknownVendorError,
)
from openab_auth.oauth.mcp import Binding
from openab_auth.oauth.mcp.added_servers import MOST_SERVERS, AddedServers
from openab_auth.oauth.mcp.binding import Binding
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.oauth.vendors.catalogue import Catalogue
from openab_auth.oauth.vendors.mcp_server import read_added_server
from openab_auth.storage import (
    AddedServer,
    AsyncStore,
    ClientRecord,
    Draft,
    Entry,
    FileStore,
    McpEntry,
    PendingEntry,
    Secret,
    TokenEntry,
    UserId,
)
from openab_auth.storage.store import Mutation

URL = "https://mcp.example/public/mcp"
EVIL = "https://evil.example/mcp"
PLAIN = re.compile(r"https://[a-z][a-z0-9-]*(\.[a-z]+)*/[!$&-,0-9:;=@A-Z_a-z~-]*")
ADA, BOB = UserId(7), UserId(8)
CONFIG = Config(auth=AuthSettings(mcp_add=True), mcp={"linear": {"url": "https://mcp.linear.app/mcp"}})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.json"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[AsyncStore]:
    store = AsyncStore(FileStore(path))
    yield store
    await store.aclose()


@pytest.fixture
def added(store: AsyncStore) -> AddedServers:
    return of(CONFIG, store)


def of(config: Config, store: AsyncStore) -> AddedServers:
    return AddedServers(Catalogue.from_config(config, {}), store, clock=lambda: 1_800_000_000.5)


def anybody(_: AddedServer) -> None:
    """Whoever asks may remove it."""


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


async def test_an_added_server_is_one_more_vendor_whose_title_says_where_it_is(
    added: AddedServers, store: AsyncStore
) -> None:
    server, new = await added.add("lab", f" {URL} ", ADA)

    assert new
    assert dict(await store.servers()) == {"lab": AddedServer(URL, ADA, 1_800_000_000)}
    catalogue = await added.catalogue()
    assert catalogue.get("mcp:lab").title == "lab (MCP at mcp.example)"
    assert [vendor.name for vendor in catalogue.offered()][-2:] == ["mcp:linear", "mcp:lab"]
    assert catalogue.server("lab") == catalogue.server("mcp:lab") == server
    assert (server.url, server.added_by, server.network_policy.hosts, server.client_id) == (URL, ADA, frozenset(), "")
    assert catalogue.title_of("lab") == "lab (MCP at mcp.example)"


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
async def test_what_the_configs_rules_refuse_or_another_has_is_refused_and_nothing_is_written(
    added: AddedServers, store: AsyncStore, name: str, url: str, error: type[ServerNotAddedError]
) -> None:
    await added.add("there", URL, ADA)
    before = await store.servers()

    with pytest.raises(error) as refused:
        await added.add(name, url, BOB)

    assert "[auth]" not in str(refused.value)
    assert "secret" not in str(refused.value)
    assert await store.servers() == before


@given(
    name=st.one_of(st.text(max_size=40), st.from_regex(r"[A-Za-z0-9._-]{1,33}", fullmatch=True)),
    url=st.one_of(st.text(), st.text().map("https://mcp.example/{}".format), st.text().map("https://{}/mcp".format)),
    http_loopback=st.booleans(),
)
def test_a_person_may_add_what_a_table_may_say_and_is_connected_to_as_it_is_shown(
    name: str, url: str, http_loopback: bool
) -> None:
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
    assert replace(server, added_by=None) == table.server(name)
    assert server.host.isascii()
    assert server.vendor.title.isprintable()
    assert len(server.vendor.title) <= 100


async def test_no_variable_of_the_environment_goes_into_an_address(store: AsyncStore) -> None:
    catalogue = Catalogue.from_config(CONFIG, {"DISCORD_TOKEN": "canary-token"})
    added = AddedServers(catalogue, store, clock=lambda: 1.0)

    server, _ = await added.add("lab", "https://evil.example/${DISCORD_TOKEN}", ADA)

    assert server.url == "https://evil.example/${DISCORD_TOKEN}"
    assert "canary" not in repr((await added.catalogue()).server("lab"))


def test_a_host_is_shown_by_its_end_and_in_letters_that_cannot_be_mistaken() -> None:
    def title(url: str) -> str:
        return read_added_server("lab", AddedServer(url, ADA, 0), taken={}, http_loopback=False).vendor.title

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
async def test_a_name_under_which_a_login_lies_that_the_server_did_not_get_is_refused(
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
async def test_a_login_that_another_address_got_is_refused_also_where_its_record_is_lost(
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


async def test_where_it_is_not_allowed_none_is_added_or_removed_and_none_is_offered_but_all_are_known(
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
    assert catalogue.server("mcp:lab") is not None
    assert catalogue.title_of("lab") == "lab (MCP at mcp.example)"


def test_nobody_may_add_until_the_operator_allows_it(tmp_path: Path) -> None:
    file = tmp_path / "openab-auth.toml"
    for text, allowed in (("", False), ("[auth]\nmcp_add = true", True)):
        file.write_text(text)
        assert Catalogue.from_config(read_config(file, {}), {}).accepts_servers is allowed
    file.write_text('[auth]\nmcp_add = "yes"')
    with pytest.raises(ConfigError, match=r"auth\.mcp_add: must be true or false"):
        read_config(file, {})


@pytest.mark.parametrize("tables", [{"lab": {"url": EVIL}}, {"LAB": {"url": EVIL}}])
async def test_a_config_that_names_the_server_later_wins_and_the_added_one_can_be_removed(
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

    assert catalogue.server("mcp:lab") is None
    assert catalogue.title_of("lab") == "lab"


async def test_a_removal_waits_for_the_logout_and_is_asked_for_by_who_may(
    added: AddedServers, store: AsyncStore
) -> None:
    await added.add("lab", URL, ADA)

    def nobody(server: AddedServer) -> None:
        raise PermissionError(server.added_by)

    with pytest.raises(PermissionError, match=str(ADA)):
        await added.remove("lab", nobody)
    await store.update(lambda draft: draft.__setitem__("lab", login()))
    with pytest.raises(ServerInUseError):
        await added.remove("lab", anybody)
    assert "lab" in await store.servers()
    await store.update(lambda draft: draft.__delitem__("lab"))
    await added.remove("lab", anybody)

    assert dict(await store.servers()) == {}
    with pytest.raises(ServerNotThereError):
        await added.remove("lab", anybody)


async def test_a_removal_means_the_server_that_was_there_and_not_one_that_was_added_in_the_meantime(
    added: AddedServers, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await added.add("lab", URL, ADA)
    update = AsyncStore.update
    later = AddedServer("https://later.example/mcp", BOB, 5)

    async def late(self: AsyncStore, mutate: Mutation[object]) -> object:
        await update(self, lambda draft: draft.servers.update(lab=later))
        return await update(self, mutate)

    monkeypatch.setattr(AsyncStore, "update", late)
    with pytest.raises(ServerNotThereError):
        await added.remove("lab", anybody)

    assert (await store.servers())["lab"] == later


@pytest.mark.parametrize("key", ["lab", "mcp:lab"])
async def test_a_client_that_an_agent_registered_is_no_login_and_goes_with_the_server(
    added: AddedServers, store: AsyncStore, key: str
) -> None:
    def register(draft: Draft) -> None:
        draft[key] = McpEntry("c1", None, (), None, None)

    await store.update(register)
    await added.add("lab", URL, ADA)
    assert key in await store.read()

    await added.remove("lab", anybody)

    assert dict(await store.read()) == {}
    assert dict(await store.servers()) == {}


@pytest.mark.parametrize("name", ["acme", "Acme"])
async def test_a_server_whose_name_a_vendor_took_can_be_removed_while_that_vendor_is_logged_in(
    added: AddedServers, store: AsyncStore, name: str
) -> None:
    await added.add(name, URL, ADA)
    row: dict[str, object] = {"flow": "command", "command": ["acme", "login"]}
    later = of(replace(CONFIG, vendors={"acme": row}), store)
    vendors = TokenEntry(Secret("canary"), Secret("r"), 1, "https://x.example/token", name)
    await store.update(lambda draft: draft.__setitem__(name, vendors))

    await later.remove(name, anybody)

    assert dict(await store.servers()) == {}
    assert dict(await store.read()) == {name: vendors}


async def test_the_next_server_of_a_name_finds_nothing_of_the_one_before(
    added: AddedServers, store: AsyncStore
) -> None:
    """A login that was begun at the one before must not end as a login at the next."""
    await added.add("lab", URL, ADA)
    ours = {"pending:mcp:lab:8", "mcp:lab https://as.example"}
    others = {"pending:mcp:lab2:8", "mcp:lab2 https://as.example", "mcp:linear https://as.example"}

    def begin(draft: Draft) -> None:
        for vendor in ("mcp:lab", "mcp:lab2"):
            entry = PendingEntry(Secret("v"), Secret("s"), URL, vendor, created_at=int(time.time()))
            draft[f"pending:{vendor}:8"] = entry
        for key in ours | others:
            draft.clients[key] = ClientRecord("c1")

    await store.update(begin)
    await added.remove("lab", anybody)

    assert set(await store.read()) == {"pending:mcp:lab2:8"}
    assert set(await store.clients()) == others


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
