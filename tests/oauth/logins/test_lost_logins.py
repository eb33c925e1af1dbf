"""Codes that are refused, lost or never sent, cancelled callers, and refreshes in flight."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, NoReturn

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.entries import pending_entry
from openab_auth.oauth.errors import ExchangeRefusedError, VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.storage import AsyncStore, PendingEntry, StoreUnwritableError
from openab_auth.storage.commit.draft import Draft
from tests.oauth.logins.code_logins import ADA, log_in


async def test_a_refused_code_keeps_the_old_login_and_uses_the_link_up(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    await log_in(logins, issuer)
    before = await store.read()
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    issuer.faults.next("/token", status=400, body={"error": "invalid_grant"})

    with pytest.raises(ExchangeRefusedError):
        await logins.complete(redirect, ADA)

    assert await store.read() == before


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_reply_uses_the_link_up_and_says_so(logins: Logins, issuer: Issuer, when: str) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    issuer.faults.next("/token", cut=when)  # type: ignore[arg-type] # one of its two words

    with pytest.raises(VendorUnavailableError) as lost:
        await logins.complete(redirect, ADA)

    assert "begin again" in lost.value.todo
    assert await logins.pending(ADA) == ()


async def test_a_code_that_never_left_may_be_pasted_again(logins: Logins, issuer: Issuer, store: AsyncStore) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    await store.update(lambda draft: point_at(draft, "http://127.0.0.1:1/token"))

    with pytest.raises(VendorUnavailableError) as unsent:
        await logins.complete(redirect, ADA)
    assert not unsent.value.processed
    assert [login.vendor for login in await logins.pending(ADA)] == ["lab"]

    await store.update(lambda draft: point_at(draft, issuer.token_url))
    assert (await logins.complete(redirect, ADA)).vendor.name == "lab"


@pytest.mark.parametrize(
    ("status", "answer", "again"),
    [
        (429, {"body": {"error": "rate_limit_error"}, "headers": {"Retry-After": "30"}}, "in 30 s"),
        (503, {"body": "upstream connect error", "headers": {"Retry-After": "5"}}, "in 5 s"),
        (400, {"body": {"error": "temporarily_unavailable"}}, "in a moment"),
        (403, {"body": "<!DOCTYPE html><title>Just a moment...</title>"}, "in a moment"),
    ],
)
async def test_a_code_that_the_server_did_not_process_may_be_pasted_again(
    logins: Logins, issuer: Issuer, status: int, answer: dict[str, Any], again: str
) -> None:
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    issuer.faults.next("/token", status=status, **answer)

    with pytest.raises(VendorUnavailableError) as refused:
        await logins.complete(redirect, ADA)

    assert refused.value.kept == "the login still waits for its paste"
    assert refused.value.todo == f"paste the same redirect again {again}"
    assert (await logins.complete(redirect, ADA)).vendor.name == "lab"


async def test_a_country_without_service_is_the_operators_matter(logins: Logins, issuer: Issuer) -> None:
    redirect = await issuer.approve((await logins.begin("lab", ADA)).url)
    country = {"error": {"code": "unsupported_country_region_territory", "message": "Country not supported"}}
    issuer.faults.next("/token", status=403, body=country)

    with pytest.raises(VendorUnavailableError) as refused:
        await logins.complete(redirect, ADA)

    assert "the operator must give this machine another way" in refused.value.todo
    assert [login.vendor for login in await logins.pending(ADA)] == ["lab"]


@pytest.mark.parametrize(
    "failure", [StoreUnwritableError("auth.json", "ENOSPC"), OSError(5, "Input/output error"), MemoryError()], ids=repr
)
async def test_a_code_that_never_left_whose_link_cannot_wait_again(
    logins: Logins, issuer: Issuer, store: AsyncStore, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> NoReturn:
        raise failure

    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    await store.update(lambda draft: point_at(draft, "http://127.0.0.1:1/token"))
    monkeypatch.setattr(pending_entry, "put_back", fail)

    with pytest.raises(VendorUnavailableError) as unsent:
        await logins.complete(redirect, ADA)

    assert "begin again" in unsent.value.todo
    assert await logins.pending(ADA) == ()


def point_at(draft: Draft, token_url: str) -> None:
    for key, entry in list(draft.items()):
        assert isinstance(entry, PendingEntry)
        draft[key] = dataclasses.replace(entry, token_url=token_url)


async def test_a_caller_that_goes_away_does_not_stop_the_login(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    answer = asyncio.Event()
    issuer.faults.next("/token", until=answer)
    caller = asyncio.create_task(logins.complete(redirect, ADA))
    while not issuer.requests("/token"):  # the issuer has no event for it
        await asyncio.sleep(0.01)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    answer.set()
    await logins.aclose()

    assert "lab" in await store.read()


@pytest.mark.parametrize("logins", [0.5], indirect=True)
async def test_a_login_waits_for_a_refresh_in_flight_but_not_for_ever(
    logins: Logins, issuer: Issuer, store: AsyncStore
) -> None:
    """The login is stored even if the lease is not acquired in time."""
    lock = store.lease("lab")
    assert lock.try_acquire()
    try:
        done = await log_in(logins, issuer)
    finally:
        lock.release()

    assert done.vendor.name == "lab"
    assert "lab" in await store.read()
