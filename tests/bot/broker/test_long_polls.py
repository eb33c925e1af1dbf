"""Clients that wait for a login: they are answered within a second of it, and cost next to nothing meanwhile."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from pathlib import Path

from openab_auth.bot.broker import revoke_key
from openab_auth.bot.broker.admission.limits import MOST_WAITING
from tests.bot.broker.running_broker import SOON, Reply, RunningBroker, put_key, put_login, running_broker, store_of
from tests.support.patience import PATIENCE, until

_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_CLIENTS = 500


def waiting(broker: RunningBroker, *, key: str | None = None, wait: int = 50) -> asyncio.Task[Reply]:
    return asyncio.create_task(broker.token("claude", key=key, wait=wait))


async def connected(broker: RunningBroker, count: int) -> None:
    """Wait until the broker has this many connections on its socket, and has read their requests."""
    await until(lambda: _connections(broker) >= count)
    for _ in range(3):  # what was sent before these answers was read before them
        await broker.ask("/healthz")


def _connections(broker: RunningBroker) -> int:
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {broker.socket}") and line.split()[5] == "03" for line in lines)


def processor_seconds(broker: RunningBroker) -> float:
    """Return the time for which a processor has worked for the broker."""
    fields = Path(f"/proc/{broker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


async def test_a_client_that_waits_is_answered_within_a_second_of_the_login(broker: RunningBroker, home: Path) -> None:
    key = put_key(home, "ci", "claude")
    polls = [waiting(broker), waiting(broker, key=key)]
    await connected(broker, 2)

    put_login(home, "anthropic-oauth", token="canary-new")
    stored_at = time.monotonic()
    replies = await asyncio.wait_for(asyncio.gather(*polls), PATIENCE)

    assert [reply.body.get("access_token", reply.body) for reply in replies] == ["canary-new"] * 2
    assert time.monotonic() - stored_at < SOON


async def test_without_a_login_the_wait_ends_as_without_waiting(broker: RunningBroker) -> None:
    began = time.monotonic()
    reply = await broker.token("claude", wait=1)

    assert reply.problem == (404, "not_logged_in")
    assert time.monotonic() - began >= 1


async def test_other_changes_of_the_store_end_no_wait(broker: RunningBroker, home: Path) -> None:
    poll = waiting(broker, wait=3)
    await connected(broker, 1)
    for number in range(3):
        put_login(home, "codex", token=f"canary-{number}")

    assert (await poll).problem == (404, "not_logged_in")


async def test_a_key_that_is_revoked_ends_the_wait_of_its_clients(broker: RunningBroker, home: Path) -> None:
    poll = waiting(broker, key=put_key(home, "ci", "claude"))
    await connected(broker, 1)

    store_of(home).update(lambda draft: revoke_key(draft, "ci"))
    revoked_at = time.monotonic()

    assert (await asyncio.wait_for(poll, PATIENCE)).problem == (401, "unauthorized")
    assert time.monotonic() - revoked_at < SOON


async def test_a_revoked_key_gets_no_token_of_a_login_that_comes_with_it(broker: RunningBroker, home: Path) -> None:
    polls = [waiting(broker, key=put_key(home, f"ci{number}", "claude")) for number in range(8)]
    await connected(broker, 8)

    store_of(home).update_all([partial(revoke_key, name=f"ci{number}") for number in range(8)])
    put_login(home, "anthropic-oauth")

    assert {(await poll).status for poll in polls} == {401}


async def test_a_key_may_end_while_its_client_waits(broker: RunningBroker, home: Path) -> None:
    key = put_key(home, "ci", "claude", expires_at=int(time.time()) + 2)

    assert (await broker.token("claude", key=key, wait=3)).problem == (401, "unauthorized")


async def test_a_client_has_at_most_64_requests_waiting(broker: RunningBroker, home: Path) -> None:
    key, other = put_key(home, "ci", "claude", "codex"), put_key(home, "other", "codex")
    polls = [waiting(broker, key=key) for _ in range(MOST_WAITING)]
    await connected(broker, MOST_WAITING)

    while (refused := await broker.token("codex", key=key)).status == 200:
        # A connection is there before its request is: this one may have taken the place of a poll, which was refused.
        polls = [waiting(broker, key=key) if poll.done() else poll for poll in polls]
    assert refused.problem == (429, "too_many_waiting")
    assert refused.headers["Retry-After"]
    assert (await broker.token("codex", key=other)).status == 200
    polls[0].cancel()
    await asyncio.gather(polls[0], return_exceptions=True)
    while (await broker.token("codex", key=key)).status == 429:
        pass  # the place of a client that has gone away is free again
    for poll in polls:
        poll.cancel()


async def test_500_clients_that_wait_cost_next_to_nothing(home: Path) -> None:
    keys = [put_key(home, f"ci{number}", "claude") for number in range(10)]
    async with running_broker(home) as broker:
        polls = [waiting(broker, key=keys[number % 10]) for number in range(_CLIENTS)]
        await connected(broker, _CLIENTS)
        await asyncio.sleep(2)  # until the first look of each is over

        before = processor_seconds(broker)
        await asyncio.sleep(5)
        spent = processor_seconds(broker) - before

        put_login(home, "anthropic-oauth")
        stored_at = time.monotonic()
        replies = await asyncio.wait_for(asyncio.gather(*polls), PATIENCE)
        took = time.monotonic() - stored_at

    assert {reply.status for reply in replies} == {200}
    assert spent < 0.25  # of five seconds
    print(f"{_CLIENTS} clients: {spent:.2f} s of processor time in 5 s; all answered after {took:.2f} s")


async def test_a_broker_that_stops_answers_its_waiting_clients(broker: RunningBroker) -> None:
    polls = [waiting(broker) for _ in range(20)]
    await connected(broker, 20)

    began = time.monotonic()
    assert await broker.stop() == 0

    assert time.monotonic() - began < 10
    replies = await asyncio.gather(*polls)
    assert {reply.problem for reply in replies} == {(503, "stopping")}
    assert {reply.headers["Retry-After"] for reply in replies} == {"1"}
