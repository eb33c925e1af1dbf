"""A token that a server refused: it is refreshed once, whoever reports it, and however often."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.storage import TokenEntry
from tests.bot.broker.running_broker import Reply, RunningBroker, put_key, put_login, running_broker, store_of
from tests.bot.cli.started_commands import configure, log_in
from tests.support.patience import until


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Return an authorization server in real time, as the broker's process needs it."""
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
async def lab(home: Path, issuer: Issuer) -> TokenEntry:
    """Return a stored login to the vendor `lab`."""
    configure(issuer, home)
    await log_in(issuer, home)
    return login(home)


def login(home: Path, tenant: str = "lab") -> TokenEntry:
    entry = store_of(home).read()[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


async def report(broker: RunningBroker, entry: TokenEntry, account: str = "lab", *, key: str | None = None) -> Reply:
    sha256 = hashlib.sha256(entry.access_token.reveal().encode()).hexdigest()
    return await broker.ask(f"/v1/token/{account}/rejected", method="POST", body={"sha256": sha256}, key=key)


def refreshes(issuer: Issuer) -> int:
    return sum(request.fields.get("grant_type") == "refresh_token" for request in issuer.requests("/token"))


async def test_a_refused_token_is_refreshed_once_for_all_who_report_it(
    home: Path, issuer: Issuer, lab: TokenEntry
) -> None:
    key = put_key(home, "ci", "lab")
    issuer.faults.next("/token", delay=0.5)
    async with running_broker(home) as broker:
        replies = await asyncio.gather(*(report(broker, lab, key=key if n % 2 else None) for n in range(20)))
        late = await report(broker, lab)

    assert {reply.status for reply in replies} == {200}
    assert {reply.body["access_token"] for reply in [*replies, late]} == {login(home).access_token.reveal()}
    assert login(home).access_token != lab.access_token
    assert {reply.body["refreshed"] for reply in replies} == {True}
    assert late.body["refreshed"] is False
    assert refreshes(issuer) == 1


async def test_two_brokers_on_one_store_refresh_once(home: Path, issuer: Issuer, lab: TokenEntry) -> None:
    issuer.faults.next("/token", delay=0.5)
    async with running_broker(home, name="one") as one, running_broker(home, name="two") as two:
        replies = await asyncio.gather(*(report(broker, lab) for broker in (one, two) for _ in range(5)))

    assert refreshes(issuer) == 1
    assert {reply.body.get("access_token") for reply in replies} == {login(home).access_token.reveal()}


async def test_two_brokers_renew_an_expired_login_once(home: Path, issuer: Issuer, lab: TokenEntry) -> None:
    expired = replace(lab, expires_at=int(time.time()) - 1)
    store_of(home).update(lambda draft: draft.__setitem__("lab", expired))
    async with running_broker(home, name="one") as one, running_broker(home, name="two") as two:
        replies = await asyncio.gather(*(broker.token("lab") for broker in (one, two) for _ in range(10)))

    assert {reply.body["access_token"] for reply in replies} == {login(home).access_token.reveal()}
    assert refreshes(issuer) == 1


async def test_clients_of_different_threads_share_one_refresh(home: Path, issuer: Issuer, lab: TokenEntry) -> None:
    expired = replace(lab, expires_at=int(time.time()) - 1)
    store_of(home).update(lambda draft: draft.__setitem__("lab", expired))
    keys = [put_key(home, f"ci{thread}", "lab", thread=thread) for thread in range(1, 9)]
    async with running_broker(home) as broker:
        replies = await asyncio.gather(*(broker.token("lab", key=key) for key in keys))

    assert {reply.status for reply in replies} == {200}
    assert refreshes(issuer) == 1


async def test_the_words_of_clients_cause_one_refresh_a_minute(home: Path, issuer: Issuer, lab: TokenEntry) -> None:
    key = put_key(home, "ci", "lab")
    async with running_broker(home, name="one") as one, running_broker(home, name="two") as two:
        assert (await report(one, lab, key=key)).status == 200
        again = [await report(broker, login(home), key=key) for broker in (one, two, one)]

    assert {reply.problem for reply in again} == {(429, "refreshed_lately")}
    assert all(0 < int(reply.headers["Retry-After"]) <= 60 for reply in again)
    assert refreshes(issuer) == 1


async def test_a_token_that_is_no_longer_current_causes_no_refresh(home: Path, issuer: Issuer, lab: TokenEntry) -> None:
    del lab
    async with running_broker(home) as broker:
        other = replace(login(home), access_token=login(home).refresh_token)
        replies = [await report(broker, other) for _ in range(3)]

    assert {reply.body["access_token"] for reply in replies} == {login(home).access_token.reveal()}
    assert refreshes(issuer) == 0


async def test_a_key_cannot_end_a_login_that_nobody_can_renew(broker: RunningBroker, home: Path) -> None:
    """A person would have to make it anew, and the word of an agent in a sandbox is no proof."""
    put_login(home, refresh="")
    before = store_of(home).read()

    assert (await report(broker, login(home, "codex"), "codex", key=put_key(home, "ci", "codex"))).problem == (
        409,
        "login_dead",
    )
    assert dict(store_of(home).read()) == dict(before)
    assert (await broker.token("codex")).status == 200


async def test_a_key_reports_only_tokens_that_it_covers(broker: RunningBroker, home: Path) -> None:
    reply = await report(broker, login(home, "codex"), "codex", key=put_key(home, "ci", "claude"))

    assert reply.problem == (403, "not_covered")


async def test_a_report_that_is_not_understood_is_400(broker: RunningBroker) -> None:
    right = "a" * 64
    bodies: list[object] = [
        None,
        [],
        {},
        {"sha256": "x"},
        {"sha256": 7},
        {"sha256": right, "more": 1},
        {"sha256": "a" * 9000},
    ]
    for body in bodies:
        reply = await broker.ask("/v1/token/codex/rejected", method="POST", body=body)
        assert reply.problem[0] == 400, body


async def test_a_vendor_that_is_down_is_503_with_a_time_to_try_again(
    home: Path, issuer: Issuer, lab: TokenEntry
) -> None:
    store_of(home).update(lambda draft: draft.__setitem__("lab", replace(lab, expires_at=int(time.time()) - 1)))
    for _ in range(2):
        issuer.faults.next("/token", status=503, headers={"Retry-After": "120"})
    async with running_broker(home) as broker:
        reply = await broker.token("lab")

    assert reply.problem == (503, "vendor_unavailable")
    assert 100 < int(reply.headers["Retry-After"]) <= 120


async def test_a_broker_that_stops_during_a_refresh_stores_it_and_answers(
    home: Path, issuer: Issuer, lab: TokenEntry
) -> None:
    issuer.faults.next("/token", delay=3)
    async with running_broker(home) as broker:
        reply = asyncio.create_task(report(broker, lab))
        await until(lambda: refreshes(issuer) == 1)

        assert await broker.stop() == 0

    assert (await reply).body["access_token"] == login(home).access_token.reveal()
    assert login(home).refresh_token != lab.refresh_token


async def test_a_broker_that_is_killed_during_a_refresh_blocks_no_other(
    home: Path, issuer: Issuer, lab: TokenEntry
) -> None:
    """The vendor has not seen the token, because the request hangs before it; the other broker may post it."""
    store_of(home).update(lambda draft: draft.__setitem__("lab", replace(lab, expires_at=int(time.time()) - 1)))
    held = asyncio.Event()
    issuer.faults.next("/token", status=503, until=held)
    async with running_broker(home, name="one") as one, running_broker(home, name="two") as two:
        lost = asyncio.create_task(one.token("lab"))
        await until(lambda: refreshes(issuer) == 1)
        one.process.kill()
        await asyncio.gather(lost, return_exceptions=True)

        reply = await two.token("lab")
        held.set()

    assert reply.body["access_token"] == login(home).access_token.reveal()
