"""Storing one vendor account under a second label asks first, since both logins may share one grant."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.entries import generation_together, unsaved
from openab_auth.oauth.errors import AccountStoredError, LoginTakenError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, bare_name
from openab_auth.storage import AsyncStore, FileStore, Tenant, UserId
from openab_auth.storage.records.notes import Begun
from tests.oauth.logins.accounts.account_logins import log_in, log_in_twice
from tests.support.clock import Clock
from tests.support.locks import foreign_lock
from tests.support.patience import PATIENCE, until

ADA, BOB = UserId(100), UserId(200)


async def generation(logins: Logins, word: str) -> str:
    details = await logins.states.details(await logins.account(word))
    assert details is not None
    return details.generation


@pytest.mark.parametrize(("first", "second"), [("lab", "lab@work"), ("lab@work", "lab"), ("lab@u100", "lab@work")])
async def test_a_second_label_is_stored_only_after_a_yes(
    first: str, second: str, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer, first)
    before = dict(await store.read())

    with pytest.raises(AccountStoredError) as asked:
        await log_in(logins, issuer, second)

    assert await store.read() == before
    assert (asked.value.tenant, asked.value.others, asked.value.shown) == (second, (first,), (first,))
    assert not issuer.requests("/revoke")  # at some vendors that would end both
    await log_in(logins, issuer, second, beside=asked.value.generation)
    assert set(await store.read()) == {first, second}


@pytest.mark.parametrize("word", ["mcp:notes", "mcp:notes@work"])
async def test_at_a_server_a_second_label_asks_too(
    word: str, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    other = "mcp:notes" if word != "mcp:notes" else "mcp:notes@team"
    await log_in(logins, issuer, other)
    before, clients = dict(await store.read()), await store.clients()

    with pytest.raises(AccountStoredError) as asked:
        await log_in(logins, issuer, word)

    assert await store.read() == before
    now = await store.clients()
    assert now.get(bare_name(word)) is None
    assert now[bare_name(other)] == clients[bare_name(other)]
    assert f"login {word} --beside {bare_name(other)}`" in asked.value.todo
    await log_in(logins, issuer, word, beside=asked.value.generation)


async def test_another_account_or_another_vendor_asks_nothing(logins: Logins, issuer: Issuer) -> None:
    """One client of two vendors is no second label: a logout names the logins that it may end."""
    await log_in(logins, issuer, "lab")

    await log_in(logins, issuer, "lab@work", "bob")
    await log_in(logins, issuer, "jay")


@pytest.mark.parametrize("user", [ADA, BOB])
async def test_a_new_login_under_its_own_label_asks_nothing(
    user: UserId, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """The account is stored as often as before, and somebody agreed to that."""
    await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab@work", beside=generation_together([await generation(logins, "lab")]))

    await log_in(logins, issuer, "lab", user=user, replaces=await generation(logins, "lab"))

    assert (await store.notes())["lab"].logged_in_by == user


async def test_a_replaced_login_of_another_account_asks(logins: Logins, issuer: Issuer) -> None:
    await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab@work", "bob")

    with pytest.raises(AccountStoredError):
        await log_in(logins, issuer, "lab@work")


async def test_a_yes_holds_through_renewals_and_for_no_other_login(
    logins: Logins, issuer: Issuer, source: TokenSource
) -> None:
    await log_in(logins, issuer, "lab")
    agreed = generation_together([await generation(logins, "lab")])
    await source.force_refresh("lab")
    await log_in(logins, issuer, "lab@work", beside=agreed)

    with pytest.raises(AccountStoredError) as more:
        await log_in(logins, issuer, "lab@team", beside=agreed)
    assert more.value.others == ("lab", "lab@work")
    await log_in(logins, issuer, "lab", user=ADA)
    with pytest.raises(AccountStoredError) as anew:
        await log_in(logins, issuer, "lab@team", beside=more.value.generation)
    await log_in(logins, issuer, "lab@team", beside=anew.value.generation)


async def test_the_question_knows_which_login_was_to_be_replaced(logins: Logins, issuer: Issuer) -> None:
    """Otherwise the new login would ask the first question again, and forget the answer to the second."""
    await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab@work", "bob", BOB)
    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab@work", ADA)

    with pytest.raises(AccountStoredError) as asked:
        await log_in(logins, issuer, "lab@work", replaces=taken.value.generation)

    assert asked.value.replaces == taken.value.generation
    await log_in(logins, issuer, "lab@work", beside=asked.value.generation, replaces=asked.value.replaces)


async def test_another_persons_own_login_counts_and_is_not_shown(logins: Logins, issuer: Issuer) -> None:
    await log_in(logins, issuer, "lab@u200", user=BOB)

    with pytest.raises(AccountStoredError) as alone:
        await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab", beside=alone.value.generation)
    with pytest.raises(AccountStoredError) as beside:
        await log_in(logins, issuer, "lab@u100")

    assert alone.value.shown == ()
    assert (beside.value.shown, beside.value.others) == (("lab",), ("lab", "lab@u200"))


async def test_a_yes_outlives_the_process_that_began_the_login(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer, "lab")
    agreed = generation_together([await generation(logins, "lab")])

    await logins.begin("lab@work", ADA, beside=agreed)

    assert (await store.notes())["pending:lab@work:100"].begun == Begun(beside=agreed)


async def test_a_login_that_came_in_during_the_exchange_is_asked_about(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    hers = await logins.begin("lab", ADA)
    his = await logins.begin("lab@work", BOB)
    await logins.complete(await issuer.approve(his.url, "ada"), BOB)

    with pytest.raises(AccountStoredError):
        await logins.complete(await issuer.approve(hers.url, "ada"), ADA)

    assert set(await store.read()) == {"lab@work"}


async def test_without_a_known_account_nothing_is_asked(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await log_in(logins, issuer, "lab")
    await store.update(lambda draft: draft.notes.pop("lab"))  # another program made it, or the notes were lost

    await log_in(logins, issuer, "lab@work")


@pytest.mark.parametrize("seconds", [0, 3600])
async def test_renewals_never_ask(
    seconds: int, logins: Logins, issuer: Issuer, source: TokenSource, clock: Clock, tmp_path: Path
) -> None:
    await log_in(logins, issuer, "lab")
    await log_in(logins, issuer, "lab@work", beside=generation_together([await generation(logins, "lab")]))
    await log_in(logins, issuer, "lab")  # now nobody has agreed to this pair of logins
    clock.now += seconds

    assert await source.force_refresh("lab")
    assert await source.force_refresh("lab@work")


async def test_a_login_in_the_journal_gets_its_facts_beside_one_that_came_later(
    logins: Logins,
    issuer: Issuer,
    store: AsyncStore,
    catalogue: Catalogue,
    driver: Driver,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its process writes the rest when the file is free; by then, somebody has agreed to a second label."""
    monkeypatch.setattr(unsaved, "_RETRY", PATIENCE)
    busy = AsyncStore(FileStore(tmp_path / "auth.json", clock=clock, lock_timeout=0.1))
    impatient = Logins(catalogue, busy, driver, clock=clock, lock_wait=0.2)
    offer = await impatient.begin("lab@work", ADA)
    paste, answer = await issuer.approve(offer.url, "ada"), asyncio.Event()
    issuer.faults.next("/token", until=answer)
    completing = asyncio.create_task(impatient.complete(paste, ADA))
    await until(lambda: bool(issuer.requests("/token")))
    with foreign_lock(tmp_path / "auth.json.global.lock"):
        answer.set()
        await completing
    await log_in_twice(logins, issuer, "lab", "ada")
    assert "lab@work" not in await store.facts()

    kept = impatient._context.writer._unsaved
    await kept._save(kept._kept[Tenant("lab@work")])

    assert set(await store.facts()) == set(await store.read()) == {"lab", "lab@work"}
    await impatient.aclose()
    await busy.aclose()
