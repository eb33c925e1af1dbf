"""Agents on several hosts refresh one login: its token is posted once, and the answer is lost by nobody."""

from __future__ import annotations

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from openab_auth.storage.postgres.leases import GRACE, LIFETIME
from openab_auth.storage.postgres.wire.connections import MOST
from tests.storage.entries import token_in
from tests.storage.postgres.hosts.agents import Vendor
from tests.storage.postgres.places import Place
from tests.storage.processes import Start, line_of
from tests.support.patience import PATIENCE
from tests.support.postgres.proxy import Proxy

SOON = 3.0  # seconds of a refresh that waits for another host
AGENTS = 4


def answer(process: subprocess.Popen[str]) -> str:
    return line_of(process).strip()


def again(process: subprocess.Popen[str], tenant: str = "") -> str:
    """Let an agent ask for its token once more, or for another one."""
    assert process.stdin is not None
    process.stdin.write(f"{tenant}\n")
    process.stdin.flush()
    return answer(process)


def stored(place: Place, tenant: str = "lab") -> str:
    """Return the refresh token that a new host finds."""
    return token_in(place.on_another_host("new").open().read(), tenant).refresh_token.reveal()


def test_agents_on_many_hosts_post_a_token_once(place: Place, vendor: Vendor, start: Start) -> None:
    for tenant in ("other", "lab"):
        vendor.expired_login(place.open(), tenant)
    agents = [vendor.agent(start, place.on_another_host(str(number)), "other") for number in range(AGENTS)]
    assert len({answer(agent) for agent in agents}) == 1
    vendor.issuer.faults.next("/token", delay=1.0)

    with ThreadPoolExecutor(AGENTS) as pool:
        got = set(pool.map(lambda agent: again(agent, "lab"), agents))

    assert len(got) == 1
    assert vendor.posts() == vendor.posts("other") == 1
    assert stored(place) == vendor.newest()


def test_an_agent_whose_memory_is_old_posts_no_spent_token(place: Place, vendor: Vendor, start: Start) -> None:
    """It has read the expired login, and another host has renewed it since."""
    vendor.expired_login(place.open())
    vendor.expired_login(place.open(), "other")
    old = vendor.agent(start, place, "other", max_staleness=3600.0, deadline=SOON)
    assert answer(old).startswith("at_")
    got = answer(vendor.agent(start, place.on_another_host()))
    assert vendor.posts() == 1

    assert again(old, "lab") == got
    assert vendor.posts() == 1


def test_nobody_posts_the_token_of_a_killed_agent_for_the_grace(place: Place, vendor: Vendor, start: Start) -> None:
    """Its answer is lost with it, and only a person can tell that nobody has it."""
    vendor.expired_login(place.open())
    with vendor.holding():
        killed = vendor.agent(start, place)
        vendor.wait_for_posts()
        killed.kill()
        killed.wait(PATIENCE)
    other = vendor.agent(start, place.on_another_host(), deadline=SOON)

    busy = answer(other)
    assert busy.startswith("RefreshBusyError")
    assert any(f"{seconds} s" in busy for seconds in range(100, 151)), busy
    place.pass_time(LIFETIME)
    assert again(other).startswith("RefreshBusyError")
    assert vendor.posts() == 1

    place.pass_time(GRACE)
    vendor.issuer.tokens.grace = float("inf")
    assert not again(other).startswith("RefreshBusyError")
    assert vendor.posts() == 2


def test_a_stopped_agent_commits_its_answer_within_the_grace(place: Place, vendor: Vendor, start: Start) -> None:
    vendor.expired_login(place.open())
    with vendor.holding():
        stopped = vendor.agent(start, place)
        vendor.wait_for_posts()
        stopped.send_signal(signal.SIGSTOP)
    other = vendor.agent(start, place.on_another_host(), deadline=SOON)
    place.pass_time(LIFETIME + 1)
    assert answer(other).startswith("RefreshBusyError")

    stopped.send_signal(signal.SIGCONT)

    got = answer(stopped)
    assert again(other) == got
    assert vendor.posts() == 1
    assert stored(place) == vendor.newest()


def test_an_agent_that_stood_still_beyond_the_grace_loses_no_answer(place: Place, vendor: Vendor, start: Start) -> None:
    """Others may post the token then; the vendor says that it is spent, and the answer still counts."""
    vendor.expired_login(place.open())
    with vendor.holding():
        stopped = vendor.agent(start, place)
        vendor.wait_for_posts()
        stopped.send_signal(signal.SIGSTOP)
    place.pass_time(LIFETIME + GRACE)
    vendor.issuer.faults.next("/token", status=503, body="busy", times=2)
    other = vendor.agent(start, place.on_another_host(), deadline=SOON)
    answer(other)

    stopped.send_signal(signal.SIGCONT)

    got = answer(stopped)
    assert again(other) == got
    assert stored(place) == vendor.newest()


def test_an_answer_that_comes_while_the_database_is_away_is_stored_later(
    place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    """It is in the journal of the host, and other hosts wait for it."""
    vendor.expired_login(place.open())
    agent = None
    with vendor.holding():
        agent = vendor.agent(start, place.through(proxy.folder))
        vendor.wait_for_posts()
        refusing = proxy.refusing()
        refusing.__enter__()
    got = answer(agent)
    other = vendor.agent(start, place.on_another_host(), deadline=SOON)
    place.pass_time(LIFETIME)
    assert answer(other).startswith("RefreshBusyError")
    agent.kill()
    agent.wait(PATIENCE)
    refusing.__exit__(None, None, None)

    beside = vendor.agent(start, place, deadline=SOON)  # another process of that host
    assert answer(beside) == got
    place.open().check_writable()
    place.open().update(lambda draft: draft["lab"])

    assert stored(place) == vendor.newest()
    assert again(other) == got
    assert vendor.posts() == 1


def test_the_agent_itself_stores_its_answer_when_the_database_is_back(
    place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    vendor.expired_login(place.open())
    with vendor.holding():
        agent = vendor.agent(start, place.through(proxy.folder))
        vendor.wait_for_posts()
        refusing = proxy.refusing()
        refusing.__enter__()
    got = answer(agent)
    refusing.__exit__(None, None, None)

    until = time.monotonic() + PATIENCE
    while stored(place) != vendor.newest():
        assert time.monotonic() < until
        assert again(agent) == got
    assert vendor.posts() == 1


@pytest.mark.parametrize("text", [b"insert into", b"set posted_at"])
def test_a_database_that_goes_away_before_the_request_stops_it(
    text: bytes, place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    vendor.expired_login(place.open())
    through = place.through(proxy.folder)
    through.open().read()
    reached = proxy.cut(text, "before")
    with proxy.refusing_after(reached):
        agent = vendor.agent(start, through, deadline=SOON)
        refused = answer(agent)

    assert refused.startswith(("StoreUn", "Refresh")), refused
    assert vendor.issuer.requests("/token") == []
    place.pass_time(LIFETIME)
    token = again(agent)
    assert stored(place) == vendor.newest()
    assert token_in(place.open().read(), "lab").access_token.reveal() == token


def test_a_valid_token_is_given_from_memory_while_the_database_is_away(
    place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    """An agent that has not read it yet gets none."""
    vendor.expired_login(place.open())
    knows = vendor.agent(start, place.through(proxy.folder), max_staleness=0.0)
    got = answer(knows)
    assert got.startswith("at_")
    with proxy.refusing():
        before = time.monotonic()
        assert again(knows) == got
        assert time.monotonic() - before < SOON
        knows_not = vendor.agent(start, place.through(proxy.folder))
        assert answer(knows_not).startswith("StoreUnreadableError")
    assert again(knows_not) == got
    assert vendor.posts() == 1


def test_an_expired_token_is_not_refreshed_while_the_database_is_away(
    place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    """The agent knows the login, and the vendor could be asked; nobody knows who else asks it."""
    vendor.expired_login(place.open(), "other")
    vendor.expired_login(place.open())
    agent = vendor.agent(start, place.through(proxy.folder), "other", deadline=SOON, max_staleness=0.0)
    answer(agent)
    posts = len(vendor.issuer.requests("/token"))
    with proxy.refusing():
        assert not again(agent, "lab").startswith("at_")

        assert len(vendor.issuer.requests("/token")) == posts
    assert again(agent, "lab").startswith("at_")


def test_the_answer_to_the_commit_of_a_refresh_may_be_lost(
    place: Place, proxy: Proxy, vendor: Vendor, start: Start
) -> None:
    vendor.expired_login(place.open())
    with vendor.holding():
        agent = vendor.agent(start, place.through(proxy.folder))
        vendor.wait_for_posts()
        reached = proxy.cut(b"commit\0", "after")

    got = answer(agent)
    assert reached.is_set()
    assert token_in(place.open().read(), "lab").access_token.reveal() == got
    assert stored(place) == vendor.newest()
    assert answer(vendor.agent(start, place.on_another_host(), deadline=SOON)) == got
    assert vendor.posts() == 1


def test_no_connection_is_held_while_a_vendor_answers(own_place: Place, vendor: Vendor, start: Start) -> None:
    """As many refreshes as there are connections, times three, wait for the vendor at the same time."""
    tenants = [f"lab{number}" for number in range(3 * MOST)]
    store = own_place.open()
    for tenant in tenants:
        vendor.expired_login(store, tenant)
    store.close()
    with vendor.holding(times=len(tenants)):
        agent = vendor.agent(start, own_place, *tenants)
        vendor.wait_for_posts(len(tenants))
        states = [own_place.server.connections() for _ in range(20)]

    assert max(map(len, states)) <= MOST
    assert {state for found in states for _, state in found} <= {"idle"}
    assert len({answer(agent) for _ in tenants}) == len(tenants)
    for tenant in tenants:
        assert stored(own_place, tenant) == vendor.newest(tenant)
