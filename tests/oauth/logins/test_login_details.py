"""The login that a person chose to end or replace: which one it is, and whether its vendor can revoke it."""

from __future__ import annotations

from openab_auth.oauth.logins import Logins
from openab_auth.oauth.logins.login_details import read_login_details
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, McpEntry, MemoryStore, Note, Secret, Tenant, TokenEntry
from openab_auth.storage.entries import Entry
from tests.oauth.logins.code_logins import generation

NOW = 1_800_000_000


def token(refresh_token: str) -> TokenEntry:
    return TokenEntry(Secret("at"), Secret(refresh_token), NOW + 900, "https://lab.example/token", "lab")


async def test_another_login_has_another_generation_and_a_noted_one_is_kept(logins: Logins, store: AsyncStore) -> None:
    await store.update(lambda draft: draft.update(lab=token("one")))
    first = await generation(logins)
    await store.update(lambda draft: draft.update(lab=token("two")))
    second = await generation(logins)
    await store.update(lambda draft: draft.notes.update(lab=Note(generation=second)))
    noted = await generation(logins)
    await store.update(lambda draft: draft.update(lab=token("three")))

    assert len({first, second, noted}) == 3
    assert await generation(logins) == noted


async def test_only_a_login_has_details(logins: Logins, store: AsyncStore) -> None:
    assert await logins.states.details(await logins.account("lab")) is None
    await store.update(lambda draft: draft.update(linear=McpEntry("registered")))
    assert await logins.states.details(await logins.account("linear")) is None


def test_a_login_is_revocable_where_its_vendor_is_known_and_offers_it() -> None:
    catalogue = Catalogue.shipped({})
    reply = McpEntry("c", {"access_token": "at"}, (), NOW)

    assert _revocable(catalogue, "codex", token("rt"))
    assert not _revocable(catalogue, "copilot", token("rt"))
    assert not _revocable(catalogue, "nobody", token("rt"))
    assert not _revocable(catalogue, "linear", reply)


def _revocable(catalogue: Catalogue, tenant: str, entry: Entry) -> bool:
    store = MemoryStore({tenant: entry})
    details = read_login_details(store, tenant=Tenant(tenant), entries=store.read(), catalogue=catalogue, now=NOW)
    assert details is not None
    return details.revocable
