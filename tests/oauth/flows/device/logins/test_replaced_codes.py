"""A code beside other logins: a newer code, another person's login, and the limit of pending logins."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.errors import LoginOvertakenError, LoginTakenError, TooManyLoginsError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore
from tests.oauth.flows.device.logins.device_logins import ADA, BOB, Start
from tests.support.clock import Clock


async def test_a_newer_code_takes_the_place_of_the_older_one(logins: Logins, issuer: Issuer) -> None:
    older = await logins.begin("lab", ADA)
    newer = await logins.begin("lab", ADA)
    assert older.user_code != newer.user_code
    await issuer.approve_device(newer.user_code or "")

    assert await logins.outcome("lab", ADA)
    assert len(issuer.families) == 1


async def test_another_persons_login_in_between_is_not_replaced(start: Start, issuer: Issuer) -> None:
    """All steps happen within one second."""
    ada, bob = start(), start()
    first = await ada.begin("lab", ADA)
    second = await bob.begin("lab", BOB)
    await issuer.approve_device(second.user_code or "", "bob@example.com")
    assert await bob.outcome("lab", BOB)
    await issuer.approve_device(first.user_code or "")

    with pytest.raises(LoginTakenError):
        await ada.outcome("lab", ADA)


async def test_another_persons_login_during_the_last_poll_is_not_replaced(
    start: Start, issuer: Issuer, store: AsyncStore
) -> None:
    ada, bob = start(), start()
    issuer.devices.interval = 0.3
    first = await ada.begin("lab", ADA)
    await issuer.approve_device(first.user_code or "")
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    second = await bob.begin("lab", BOB)
    issuer.devices.interval = 0.05
    await issuer.approve_device(second.user_code or "", "bob@example.com")
    assert await bob.outcome("lab", BOB)
    answer.set()

    with pytest.raises(LoginOvertakenError):
        await ada.outcome("lab", ADA)
    assert (await store.notes())["lab"].logged_in_by == BOB


async def test_another_persons_login_is_asked_about_before_a_code_is_spent(
    logins: Logins, issuer: Issuer, clock: Clock
) -> None:
    offer = await logins.begin("lab", ADA)
    await issuer.approve_device(offer.user_code or "")
    await logins.outcome("lab", ADA)
    asked = len(issuer.requests("/device_authorization"))

    with pytest.raises(LoginTakenError) as taken:
        await logins.begin("lab", BOB)

    assert len(issuer.requests("/device_authorization")) == asked
    assert (await logins.begin("lab", BOB, replaces=taken.value.generation)).user_code


async def test_one_person_cannot_fill_the_store(
    catalogue: Catalogue, store: AsyncStore, driver: Driver, clock: Clock
) -> None:
    logins = Logins(catalogue, store, driver, clock=clock, max_pending=1)
    await logins.begin("lab", ADA)

    with pytest.raises(TooManyLoginsError):
        await logins.begin("found", ADA)
    await logins.aclose()
