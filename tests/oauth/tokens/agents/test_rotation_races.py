"""Races of agent processes at one login, whose vendor rotates refresh tokens and revokes on reuse."""

from __future__ import annotations

import fcntl
import json
import time
from dataclasses import replace

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.storage import FileStore, Secret
from tests.oauth.tokens.agents.agents import Agent, all_answer, expire, login, reached


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


def test_eight_processes_refused_with_the_same_token_rotate_it_once(
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


def test_a_foreign_writers_commit_is_adopted_while_it_still_holds_the_lock(
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
