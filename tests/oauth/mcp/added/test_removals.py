"""The removal of an added server: its conditions, and what stays."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from openab_auth.oauth.errors import ServerInUseError, ServerNotThereError
from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.storage import AddedServer, AsyncStore, ClientRecord, Draft, McpEntry, PendingEntry, Secret, TokenEntry
from openab_auth.storage.commit.mutation import Mutation
from tests.oauth.mcp.added.added_servers import ADA, BOB, CONFIG, URL, anybody, login, of


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


async def test_a_removal_spares_a_server_that_was_added_in_the_meantime(
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
async def test_a_client_that_an_agent_registered_goes_with_the_server(
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
async def test_a_server_whose_name_a_vendor_took_is_removed_despite_its_login(
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
    """A login that began at the earlier server must not end as a login at the next server."""
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
