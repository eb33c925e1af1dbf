"""Several accounts of one vendor: each has its own login, and a step at one leaves the others as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import TooManyAccountsError
from openab_auth.oauth.logins import Logins
from openab_auth.storage import CONSOLE, AsyncStore, TokenEntry, UserId
from openab_auth.storage.entries import PendingEntry
from tests.support import strict_reader

ADA = UserId(100)


async def log_in(logins: Logins, issuer: Issuer, word: str, user: UserId = CONSOLE) -> None:
    offer = await logins.begin(word, user)
    await logins.complete(await issuer.approve(offer.url, f"{user} at {word}"), user, word)


async def test_each_account_is_an_entry_of_its_own(
    logins: Logins, issuer: Issuer, store: AsyncStore, tmp_path: Path
) -> None:
    await log_in(logins, issuer, "lab")
    default = (await store.read())["lab"]
    await log_in(logins, issuer, "lab@work", ADA)
    await log_in(logins, issuer, f"lab@u{ADA}", ADA)

    entries = await store.read()
    assert set(entries) == {"lab", "lab@work", f"lab@u{ADA}"}
    assert entries["lab"] == default
    assert {entry.provider for entry in entries.values() if isinstance(entry, TokenEntry)} == set(entries)
    assert set(strict_reader.read(tmp_path / "auth.json")) == set(entries)
    work, own = [state for state in (await logins.states.status()).logins if state.label]
    assert {(work.label, work.person), (own.label, own.person)} == {("work", None), (f"u{ADA}", ADA)}


async def test_links_of_several_accounts_wait_side_by_side(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    plain = await logins.begin("lab", ADA)
    work = await logins.begin("lab@work", ADA)
    waiting = {key for key, entry in (await store.read()).items() if isinstance(entry, PendingEntry)}

    await logins.complete(await issuer.approve(work.url), ADA)

    assert waiting == {f"pending:lab:{ADA}", f"pending:lab@work:{ADA}"}
    assert set(await store.read()) == {f"pending:lab:{ADA}", "lab@work"}
    assert (await logins.cancel(ADA)).name == plain.vendor.name


async def test_a_logout_ends_the_named_account_alone(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab@work")
    default = (await store.read())["lab"]

    done = await logins.logout(await logins.account("lab@work"), revoke=True)

    assert (done.tenant, done.removed, done.revoked) == ("lab@work", True, True)
    assert await store.read() == {"lab": default}


async def test_one_person_logs_in_to_a_limited_number_of_shared_accounts(
    logins: Logins, issuer: Issuer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openab_auth.oauth.entries.account_limits.MOST_ACCOUNTS", 2)
    for word in ("lab", "lab@one", f"lab@u{ADA}", "lab@two"):
        await log_in(logins, issuer, word, ADA)

    with pytest.raises(TooManyAccountsError, match="2 accounts"):
        await logins.begin("lab@three", ADA)
    for word, user in (("lab@two", ADA), ("jay", ADA), (f"jay@u{ADA}", ADA), ("lab@three", UserId(200))):
        await log_in(logins, issuer, word, user)
    await log_in(logins, issuer, "lab@four")
    await logins.logout(await logins.account("lab@one"), revoke=False)
    await log_in(logins, issuer, "lab@five", ADA)

    assert {"lab@three", "lab@four", "lab@five"} < set(await store.read())
