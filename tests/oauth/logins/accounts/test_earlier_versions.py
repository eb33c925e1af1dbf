"""A store of the version before accounts is read and goes on, and that version loses no login of a newer store."""

from __future__ import annotations

from pathlib import Path

from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, TokenEntry, UserId
from openab_auth.storage.entries import PendingEntry
from tests.oauth.logins.accounts.earlier_store import copy_to, link_of
from tests.support import strict_reader
from tests.support.clock import Clock
from tests.support.earlier_version import EarlierVersion
from tests.support.members import members_of

ADA, BOB = UserId(100), UserId(200)
WORDS = ("lab", "lab@work", "lab@u100", "mcp:notes", "mcp:notes@u100")
RECORDS = ("auth.json", "auth.json.notes", "auth.json.facts")
TENANTS = {word.removeprefix("mcp:") for word in WORDS}


def files_of(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if not file.name.endswith(".lock")}


async def log_in(logins: Logins, issuer: Issuer, word: str, user: UserId = ADA) -> None:
    offer = await logins.begin(word, user)
    await logins.complete(await issuer.approve(offer.url, f"{user} at {word}"), user, word)


async def test_an_earlier_store_shows_each_login_as_a_default(tmp_path: Path, issuer: Issuer, logins: Logins) -> None:
    copy_to(tmp_path, issuer)

    status = await logins.states.status()

    shown = {state.tenant: (state.label, state.person, state.state, state.logged_in_by) for state in status.logins}
    assert shown == {
        "lab": ("", None, "ok", ADA),
        "jay": ("", None, "ok", BOB),
        "notes": ("", None, "ok", ADA),
    }
    assert {(login.vendor, login.user) for login in status.pending} == {("jay", BOB), ("mcp:notes", ADA)}
    assert list(await logins.added.all()) == ["wiki"]


async def test_every_part_of_an_earlier_store_goes_on(
    tmp_path: Path, issuer: Issuer, logins: Logins, store: AsyncStore, source: TokenSource
) -> None:
    copy_to(tmp_path, issuer)
    waiting = {key: entry for key, entry in (await store.read()).items() if isinstance(entry, PendingEntry)}

    for word in ("lab", "jay", "mcp:notes"):  # that of `jay` is in the journal
        await source.force_refresh(word)
    for key, entry in waiting.items():
        user = UserId(int(key.rpartition(":")[2]))
        await logins.complete(await issuer.approve(link_of(entry, issuer), f"{user}@example.com"), user)
    default = members_of(tmp_path / "auth.json")["lab"]
    await log_in(logins, issuer, "lab@work")

    assert set(strict_reader.read(tmp_path / "auth.json")) == {"lab", "lab@work", "jay", "notes"}
    assert members_of(tmp_path / "auth.json")["lab"] == default
    assert files_of(tmp_path) == {*RECORDS, "auth.json.servers", "auth.json.clients"}  # and no spill
    assert not any(family.reuses for family in issuer.families)


async def test_an_earlier_version_loses_no_account_and_no_note(
    tmp_path: Path, issuer: Issuer, logins: Logins, source: TokenSource, clock: Clock
) -> None:
    for word in WORDS:
        await log_in(logins, issuer, word)
    offer = await logins.begin("lab@work", ADA)
    (tmp_path / "auth.json.threads").write_text('{"records": "of a later version"}')
    before = {name: members_of(tmp_path / name) for name in ("auth.json", "auth.json.threads")}
    notes = dict(await source.store.notes())

    EarlierVersion(tmp_path / "auth.json", clock).renew("lab", lambda token: issuer.tokens.refresh(token, CLIENT_ID))

    after = members_of(tmp_path / "auth.json")
    assert {key for key in after if after[key] != before["auth.json"].get(key)} == {"lab"}
    assert after.keys() == before["auth.json"].keys()
    assert members_of(tmp_path / "auth.json.threads") == before["auth.json.threads"]
    assert dict(await source.store.notes()) == notes
    clock.now += 600
    await logins.complete(await issuer.approve(offer.url, "ada"), ADA)
    for word in WORDS:
        await source.force_refresh(word)
    assert {state.tenant for state in (await logins.states.status()).logins} == TENANTS


async def test_an_earlier_version_ends_no_account_with_the_default(
    tmp_path: Path, issuer: Issuer, logins: Logins, store: AsyncStore, clock: Clock
) -> None:
    for word in WORDS:
        await log_in(logins, issuer, word)

    EarlierVersion(tmp_path / "auth.json", clock).update(lambda entries: entries.pop("lab"))

    entries, facts, notes = await store.read(), await store.facts(), await store.notes()
    assert set(entries) == set(notes) == TENANTS - {"lab"}
    assert set(facts) == {key for key, entry in entries.items() if isinstance(entry, TokenEntry)}
