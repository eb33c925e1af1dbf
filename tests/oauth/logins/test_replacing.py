"""A login that would replace another login: confirmed first, or refused."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginOvertakenError, LoginTakenError, VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, DeadToken, Draft, PendingEntry, Secret, TokenEntry
from openab_auth.storage.records.notes import Begun
from tests.oauth.logins.code_logins import ADA, BOB, CAROL, generation, log_in
from tests.support.clock import Clock


async def test_another_persons_login_is_replaced_only_after_a_yes(logins: Logins, issuer: Issuer, clock: Clock) -> None:
    await log_in(logins, issuer)

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)
    offer = await logins.begin("lab", BOB, replaces=taken.value.generation)
    done = await logins.complete(await issuer.approve(offer.url, "bob@example.com"), BOB)

    assert taken.value.logged_in_by == ADA
    assert taken.value.account == "ada@example.com"
    assert done.replaced == "ada@example.com"


@pytest.mark.parametrize("seconds", [5, 0, -60])
async def test_a_login_made_by_another_person_in_between_is_not_overwritten(
    logins: Logins, issuer: Issuer, clock: Clock, seconds: float
) -> None:
    """Case 38: the owner is checked again at completion, independent of any clock."""
    offer = await logins.begin("lab", BOB)
    clock.now += seconds
    await log_in(logins, issuer)

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(offer.url), BOB)

    assert len(issuer.requests("/token")) == 1


async def test_a_dead_login_is_anybodys_to_replace(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    await log_in(logins, issuer)
    await store.update(mark_dead)

    await log_in(logins, issuer, "lab", BOB)

    assert (await store.notes())["lab"].dead is None


def mark_dead(draft: Draft) -> None:
    entry = draft["lab"]
    assert isinstance(entry, TokenEntry)
    dead = DeadToken(entry.refresh_token.fingerprint(), "invalid_grant", 1)
    draft.notes["lab"] = draft.notes["lab"]._replace(dead=dead)


def rotate(draft: Draft, token: str) -> None:
    """Renew the login at `lab`, or replace it, as another program does."""
    entry = draft["lab"]
    assert isinstance(entry, TokenEntry)
    draft["lab"] = dataclasses.replace(entry, refresh_token=Secret(token))


async def test_a_login_of_an_unknown_maker_is_not_replaced_without_asking(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", ADA)).url), ADA)
    await store.update(lambda draft: draft.notes.pop("lab"))  # or an agent of another language made it

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)

    assert taken.value.logged_in_by is None


@pytest.mark.parametrize("agreed", [False, True])
async def test_a_login_that_came_in_during_the_exchange_stays_until_a_yes(
    agreed: bool, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """A confirmation for one person's login does not hold for the next person's login."""
    carols = None
    if agreed:
        await logins.complete(await issuer.approve((await logins.begin("lab", CAROL)).url, "carol@example.com"), CAROL)
        carols = await generation(logins)
    hers = await logins.begin("lab", ADA, replaces=carols)
    his = await logins.begin("lab", BOB, replaces=carols)
    redirect = await issuer.approve(hers.url)
    posted = len(issuer.requests("/token"))
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    completing = asyncio.create_task(logins.complete(redirect, ADA))
    while len(issuer.requests("/token")) == posted:
        await asyncio.sleep(0.01)
    await logins.complete(await issuer.approve(his.url, "bob@example.com"), BOB)
    stands = (await store.read())["lab"]
    answer.set()

    with pytest.raises(LoginOvertakenError) as overtaken:
        await completing

    assert (overtaken.value.logged_in_by, overtaken.value.account) == (BOB, "bob@example.com")
    assert "yours was not stored" in str(overtaken.value)
    assert dict(await store.read()) == {"lab": stands}
    assert (await store.notes())["lab"].logged_in_by == BOB
    assert not issuer.requests("/revoke")  # at some vendors that would end every login of the account


async def test_a_login_begun_before_this_one_and_stored_meanwhile_is_asked_about(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """The vendor gave the other login earlier, but it waited for the store, so nobody could see it."""
    refresh = store.lease("lab")
    assert refresh.try_acquire()
    his = await logins.begin("lab", BOB)
    completing = asyncio.create_task(logins.complete(await issuer.approve(his.url, "bob@example.com"), BOB))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    hers = await logins.begin("lab", ADA)
    refresh.release()
    await completing

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)


@pytest.mark.parametrize("change", ["another program logs in", "its note is lost"])
async def test_a_login_of_an_unknown_maker_is_not_replaced_by_an_older_link(
    logins: Logins, issuer: Issuer, store: AsyncStore, change: str
) -> None:
    hers = await logins.begin("lab", ADA)
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    await store.update(lambda draft: draft.notes.pop("lab"))
    if change == "another program logs in":
        await store.update(partial(rotate, token="r"))
    stands = (await store.read())["lab"]

    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)

    assert (await store.read())["lab"] == stands


async def test_a_yes_holds_for_one_login_through_its_renewals_and_for_no_other(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource
) -> None:
    """A Rust agent rotates the refresh token, and drops the fields that it does not know."""
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    asked_about = await generation(logins)
    await source.force_refresh("lab")
    await store.update(partial(rotate, token="rust"))

    assert await generation(logins) == asked_about
    hers = await logins.begin("lab", ADA, replaces=asked_about)
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)

    assert await generation(logins) != asked_about
    with pytest.raises(LoginTakenError):
        await logins.complete(await issuer.approve(hers.url), ADA)
    with pytest.raises(LoginTakenError):
        await logins.begin("lab", ADA, replaces=asked_about)


async def test_a_yes_is_still_known_after_a_code_that_never_left(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await logins.complete(await issuer.approve((await logins.begin("lab", BOB)).url, "bob@example.com"), BOB)
    offer = await logins.begin("lab", ADA, replaces=await generation(logins))
    redirect = await issuer.approve(offer.url)

    def point_at(draft: Draft, url: str) -> None:
        entry = draft[f"pending:lab:{ADA}"]
        assert isinstance(entry, PendingEntry)
        draft[f"pending:lab:{ADA}"] = dataclasses.replace(entry, token_url=url)

    await store.update(partial(point_at, url="http://127.0.0.1:1/token"))
    with pytest.raises(VendorUnavailableError):
        await logins.complete(redirect, ADA)
    assert (await store.notes())[f"pending:lab:{ADA}"].begun == Begun(await generation(logins))
    await store.update(partial(point_at, url=issuer.token_url))

    await logins.complete(redirect, ADA)

    notes = await store.notes()
    assert list(notes) == ["lab"]
    assert notes["lab"].logged_in_by == ADA
