"""A person has left: everything of theirs ends, nothing of anybody else's, and no revocation ends a shared login."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.accounts import Account
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.threads import ThreadRecords, agree, choose_account, store_threads
from openab_auth.oauth.vendors import VendorName
from openab_auth.storage import (
    SHARED_ACCOUNTS,
    AsyncStore,
    ClientRecord,
    Draft,
    Policies,
    SeenThread,
    Tenant,
    ThreadId,
    TokenEntry,
    UserId,
)
from tests.oauth.logins.accounts.account_logins import log_in_twice
from tests.support.members import members_of

ADA, BOB = UserId(100), UserId(200)
THREAD = ThreadId(1)
FILES = ("auth.json", "auth.json.notes", "auth.json.facts", "auth.json.clients")


async def log_in(logins: Logins, issuer: Issuer, word: str, user: UserId = ADA, account: str = "") -> None:
    offer = await logins.begin(word, user)
    await logins.complete(await issuer.approve(offer.url, account or f"{user} at {word}"), user, word)


async def test_all_of_a_person_ends_and_the_rest_stays_byte_for_byte(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    for word, user in (("lab", ADA), ("lab@team", ADA), ("jay@u200", BOB), ("mcp:notes", ADA), ("mcp:notes@u200", BOB)):
        await log_in(logins, issuer, word, user)
    await logins.begin("jay@team", BOB)
    before = {name: members_of(tmp_path / name) for name in FILES}
    for word in ("lab@u100", "jay@u100", "mcp:notes@u100"):
        await log_in(logins, issuer, word)
    for word in ("jay", "lab@u100", "mcp:notes@team"):
        await logins.begin(word, ADA)
    await store.update(lambda draft: draft.clients.update({"vendor:lab@u100": ClientRecord("registered")}))

    done = await logins.people.end(ADA, revoke=False)

    assert [ended.result.tenant for ended in done.logins] == ["jay@u100", "lab@u100", "notes@u100"]
    assert done.pending == ("jay", "lab@u100", "mcp:notes@team")
    after = {name: members_of(tmp_path / name) for name in FILES}
    shared_client = f"mcp:notes@team {issuer.url}"  # which others may log in with
    after["auth.json.clients"].pop(shared_client, None)
    assert after == before
    assert not issuer.requests("/revoke")


async def test_choices_of_personal_accounts_and_agreements_end(logins: Logins, store: AsyncStore) -> None:
    def prepare(draft: Draft) -> None:
        store_threads(draft, {THREAD: SeenThread(1, 2, 3, ADA)})
        agree(draft, ADA, None)
        own, team = (
            Account(VendorName(f"{name}@{label}"), Tenant(f"{name}@{label}"), label)
            for name, label in (("lab", "u100"), ("jay", "team"))
        )
        for account in (own, team):
            choose_account(draft, THREAD, account, ADA, is_operator=False, config=Policies(SHARED_ACCOUNTS))

    await store.update(prepare)

    done = await logins.people.end(ADA, revoke=False)

    records = ThreadRecords(await store.threads())
    assert done.had_choices
    assert not records.may_serve(ADA, THREAD)
    assert set(records.labels(THREAD).values()) == {"team"}
    assert (await logins.people.end(ADA, revoke=False)).ended_nothing


async def test_a_login_that_shares_its_account_is_removed_and_not_revoked(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer, "lab", account="team@example.com")
    await log_in_twice(logins, issuer, "lab@u100", "team@example.com", ADA)
    await log_in(logins, issuer, "jay@u100")

    done = await logins.people.end(ADA, revoke=True)

    ended = {one.result.tenant: (one.result.revoked, one.shared_with) for one in done.logins}
    assert ended == {"jay@u100": (True, ()), "lab@u100": (False, ("lab",))}
    assert set(await store.read()) == {"lab"}
    assert [family.revoked for family in issuer.families] == [False, False, False, True]  # a question dropped one


async def test_a_login_of_a_vendor_that_is_configured_no_longer_ends_too(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer, "lab@u100")
    entry = (await store.read())["lab@u100"]
    assert isinstance(entry, TokenEntry)
    await store.update(lambda draft: draft.update({"gone@u100": replace(entry, provider="gone@u100")}))

    done = await logins.people.end(ADA, revoke=True)

    assert [one.result.removed for one in done.logins] == [True, True]
    assert await store.read() == {}
