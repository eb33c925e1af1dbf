"""Agents in processes of their own at one login, whose vendor rotates refresh tokens and revokes on reuse."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.client.driver import Driver
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import CONSOLE, AsyncStore, FileStore, Secret, TokenEntry

ROOT = Path(__file__).parents[3]
AGENT = """
import asyncio, json, sys, time
import openab_auth.oauth.client.driver, openab_auth.oauth.tokens.refresh  # before any clock runs
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import OpenabAuthError, open_store

async def main():
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        async with TokenSource(open_store(order["store"])) as source:
            try:
                if "rejected" in order:
                    token = await source.force_refresh("lab", rejected=order["rejected"])
                else:
                    token = await source.get_valid("lab")
                answer = {"token": token.value.reveal(), "at": time.time()}
            except OpenabAuthError as error:
                answer = {"error": error.code}
        print(json.dumps(answer), flush=True)

asyncio.run(main())
"""


class Agent:
    """A process with a TokenSource that finds its config in the environment."""

    def __init__(self, config: Path) -> None:
        environ = os.environ | {"PYTHONPATH": str(ROOT), "OPENAB_AUTH_CONFIG": str(config)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", AGENT], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def order(self, store: FileStore, **order: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"store": str(store.path), **order}) + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def answer(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.line())
        return answer

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def issuer() -> Iterator[ThreadedIssuer]:
    with ThreadedIssuer.listening() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def config(issuer: ThreadedIssuer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("races") / "openab-auth.toml"
    path.write_text(
        f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["offline_access"]
        """
    )
    return path


@pytest.fixture(scope="module")
def start(config: Path) -> Iterator[Callable[[int], list[Agent]]]:
    """Starts agents that have imported what a waiting agent needs."""
    started: list[Agent] = []

    def start(count: int) -> list[Agent]:
        agents = [Agent(config) for _ in range(count)]
        started.extend(agents)
        assert [agent.line() for agent in agents] == ["ready"] * count
        return agents

    yield start
    for agent in started:
        agent.close()


@pytest.fixture(scope="module")
def fleet(start: Callable[[int], list[Agent]]) -> list[Agent]:
    return start(8)


@pytest.fixture
def store(tmp_path: Path, config: Path, issuer: ThreadedIssuer) -> FileStore:
    """A new login at `lab` whose access token has expired; earlier requests are forgotten."""
    store = FileStore(tmp_path / "auth.json")

    async def log_in() -> None:
        driver = Driver()
        logins = Logins(Catalogue.from_config(read_config(config, {}), {}), AsyncStore(store), driver)
        offer = await logins.begin("lab", CONSOLE)
        await logins.complete(await asyncio.to_thread(issuer.approve, offer.url), CONSOLE)
        await logins.aclose()
        await driver.aclose()

    asyncio.run(log_in())
    expire(store)
    issuer.faults.clear()
    issuer.issuer._seen.clear()
    return store


def login(store: FileStore) -> TokenEntry:
    entry = store.read()["lab"]
    assert isinstance(entry, TokenEntry)
    return entry


def expire(store: FileStore) -> None:
    store.update(lambda draft: draft.update(lab=replace(login(store), expires_at=int(time.time()) - 1)))


def all_answer(agents: list[Agent]) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(len(agents)) as pool:
        return list(pool.map(Agent.answer, agents))


def reached(issuer: ThreadedIssuer, count: int = 1) -> None:
    deadline = time.monotonic() + 10
    while len(issuer.requests("/token")) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_eight_processes_make_one_request_for_each_generation(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    for generation in range(1, 4):
        issuer.faults.next("/token", delay=0.15)
        for agent in fleet:
            agent.order(store)

        answers = all_answer(fleet)

        assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
        assert len(issuer.requests("/token")) == generation
        expire(store)
    family = issuer.families[-1]
    assert (family.refreshes, family.reuses, family.revoked) == (3, 0, False)


def test_eight_processes_that_were_refused_with_the_same_token_rotate_it_once(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    rejected = login(store).access_token.reveal()
    issuer.faults.next("/token", delay=0.1)
    for agent in fleet:
        agent.order(store, rejected=rejected)
    answers = all_answer(fleet)

    fleet[0].order(store, rejected=rejected)  # who comes later gets the new one
    answers.append(fleet[0].answer())

    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()} != {rejected}
    assert len(issuer.requests("/token")) == 1
    assert issuer.families[-1].reuses == 0


HOLDER = """
import sys
from openab_auth.storage import open_store
lock = open_store(sys.argv[1]).lease("lab")
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_process_that_is_killed_before_its_request_is_followed_by_the_next_at_once(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, store.path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    for agent in fleet:
        agent.order(store)
    time.sleep(0.2)  # long enough for them to be waiting
    assert not issuer.requests("/token")

    holder.kill()
    killed = time.monotonic()
    reached(issuer)
    taken_over = time.monotonic() - killed
    holder.communicate()
    answers = all_answer(fleet)

    assert taken_over < 3  # of the 20 s that a lock without a holder would cost
    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
    assert len(issuer.requests("/token")) == 1


def test_a_process_that_is_killed_during_its_request_is_followed_by_the_next_at_once(
    start: Callable[[int], list[Agent]], store: FileStore, issuer: ThreadedIssuer
) -> None:
    issuer.faults.next("/token", status=503, delay=30)  # the vendor has not rotated anything yet
    first, *others = start(4)
    first.order(store)
    reached(issuer)
    for other in others:
        other.order(store)
    time.sleep(0.2)  # long enough for them to be waiting
    assert len(issuer.requests("/token")) == 1

    first.process.kill()
    killed = time.monotonic()
    reached(issuer, 2)
    taken_over = time.monotonic() - killed
    answers = all_answer(others)

    assert taken_over < 3
    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
    assert len(issuer.requests("/token")) == 2
    assert issuer.families[-1].reuses == 0


def test_what_a_process_loses_that_is_killed_after_the_vendor_has_rotated_is_told_and_not_tried_again(
    start: Callable[[int], list[Agent]], store: FileStore, issuer: ThreadedIssuer
) -> None:
    """Nobody can know the token in the answer that it did not live to read; a repetition is forgiven by some."""
    issuer.faults.next("/token", delay=30)
    first, *others = start(4)
    first.order(store)
    reached(issuer)
    for other in others:
        other.order(store)
    attempt = store.notes()["lab"].attempt
    assert attempt is not None
    assert not attempt.answered

    first.process.kill()

    assert all_answer(others) == [{"error": "login_dead"}] * 3
    assert len(issuer.requests("/token")) == 2
    dead = store.notes()["lab"].dead
    assert dead is not None
    assert "the request before got no answer" in dead.reason


def test_a_vendor_that_forgives_a_repetition_gives_the_login_back_to_the_next_process(
    start: Callable[[int], list[Agent]], store: FileStore, issuer: ThreadedIssuer
) -> None:
    issuer.tokens.grace = 10
    issuer.faults.next("/token", delay=30)
    first, *others = start(3)
    first.order(store)
    reached(issuer)
    first.process.kill()
    for other in others:
        other.order(store)

    answers = all_answer(others)

    issuer.tokens.grace = 0
    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
    assert len(issuer.requests("/token")) == 2


def test_the_commit_of_a_writer_in_another_language_is_adopted_while_it_still_holds_the_lock(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    """A raw flock(2) on the tenant's sidecar and a rename, as the Rust agents do it."""
    with store.path.with_name("auth.json.refresh.lab.lock").open("w") as sidecar:
        fcntl.flock(sidecar, fcntl.LOCK_EX)
        for agent in fleet:
            agent.order(store)
        time.sleep(0.2)  # long enough for them to be waiting
        content = json.loads(store.path.read_text())
        content["lab"] |= {"access_token": "theirs", "refresh_token": "next", "expires_at": int(time.time()) + 3600}
        temporary = store.path.with_name("auth.json.tmp.1.1")
        temporary.write_text(json.dumps(content))
        committed = time.time()
        temporary.rename(store.path)

        answers = all_answer(fleet)

    assert {answer.get("token") for answer in answers} == {"theirs"}
    assert max(answer["at"] for answer in answers) - committed < 0.5
    assert not issuer.requests("/token")


def test_every_process_refuses_a_dead_login_after_one_request(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    issuer.families[-1].revoked = True
    for agent in fleet:
        agent.order(store)

    assert all_answer(fleet) == [{"error": "login_dead"}] * 8
    assert len(issuer.requests("/token")) == 1
    dead = store.notes()["lab"].dead
    assert dead is not None
    assert dead.fingerprint == login(store).refresh_token.fingerprint()


def test_a_login_during_the_refresh_of_another_process_is_what_all_get(
    fleet: list[Agent], store: FileStore, issuer: ThreadedIssuer
) -> None:
    issuer.faults.next("/token", delay=0.3)
    for agent in fleet:
        agent.order(store)
    reached(issuer)
    new = replace(
        login(store),
        access_token=Secret("new login"),
        refresh_token=Secret("its refresh token"),
        expires_at=int(time.time()) + 3600,
    )
    store.update(lambda draft: draft.update(lab=new))

    assert {answer.get("token") for answer in all_answer(fleet)} == {"new login"}
    assert login(store) == new
    assert len(issuer.requests("/token")) == 1
