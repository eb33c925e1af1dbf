"""What a person has: a question names all of it, and its answer ends nothing else; one process handles a leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import PersonChangedError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.threads import agree
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import AsyncStore, ThreadId, UserId
from tests.support.clock import Clock

ADA, BOB = UserId(100), UserId(200)
Change = Callable[[Logins, Issuer, AsyncStore], Awaitable[object]]


async def log_in(logins: Logins, issuer: Issuer, word: str, user: UserId = ADA) -> None:
    offer = await logins.begin(word, user)
    await logins.complete(await issuer.approve(offer.url, f"{user} at {word}"), user, word)


async def _logs_in_again(logins: Logins, issuer: Issuer, _store: AsyncStore) -> None:
    await log_in(logins, issuer, "lab@u100")


async def _logs_in_elsewhere(logins: Logins, issuer: Issuer, _store: AsyncStore) -> None:
    await log_in(logins, issuer, "jay@u100")


async def _begins_a_login(logins: Logins, _issuer: Issuer, _store: AsyncStore) -> None:
    await logins.begin("jay", ADA)


async def _agrees(_logins: Logins, _issuer: Issuer, store: AsyncStore) -> None:
    await store.update(lambda draft: agree(draft, ADA, ThreadId(7)))


@pytest.mark.parametrize("change", [_logs_in_again, _logs_in_elsewhere, _begins_a_login, _agrees])
async def test_an_answer_to_an_old_question_ends_nothing(
    change: Change, logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer, "lab@u100")
    key = (await logins.people.held_by(ADA)).key
    await change(logins, issuer, store)
    before = await store.read(), await store.threads()

    with pytest.raises(PersonChangedError):
        await logins.people.end(ADA, revoke=True, key=key)

    assert (await store.read(), await store.threads()) == before
    assert not issuer.requests("/revoke")


async def test_a_refresh_and_the_logins_of_others_change_no_question(
    logins: Logins, issuer: Issuer, store: AsyncStore, source: TokenSource
) -> None:
    await log_in(logins, issuer, "lab@u100")
    key = (await logins.people.held_by(ADA)).key
    await source.force_refresh("lab@u100")
    await log_in(logins, issuer, "jay", ADA)  # shared
    await log_in(logins, issuer, "lab@u200", BOB)

    held = await logins.people.held_by(ADA)
    done = await logins.people.end(ADA, revoke=False, key=key)

    assert held.key == key
    assert held.made == ("jay",)
    assert [ended.result.tenant for ended in done.logins] == ["lab@u100"]
    assert set(await store.read()) == {"jay", "lab@u200"}


async def test_one_process_handles_a_leave_and_a_later_one_anew(logins: Logins, issuer: Issuer, clock: Clock) -> None:
    await log_in(logins, issuer, "lab@u100")
    before = (await logins.people.held_by(ADA)).key

    claims = [await logins.people.claim_leave(ADA) for _ in range(2)]
    clock.now += 3600

    assert claims == [True, False]
    assert await logins.people.claim_leave(ADA)
    assert (await logins.people.held_by(ADA)).key == before
