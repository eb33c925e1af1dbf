"""Agents are killed before, during and after their request, and another agent continues."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

from openab_auth.bot.playground.issuer import ThreadedIssuer
from openab_auth.storage import FileStore
from tests.oauth.tokens.agents.agents import ROOT, Agent, all_answer, login, reached
from tests.support.patience import PATIENCE

HOLDER = """
import sys
from openab_auth.storage import open_store
lock = open_store(sys.argv[1]).lease("lab")
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_process_killed_before_its_request_is_followed_at_once(
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

    assert taken_over < PATIENCE / 4  # of the seconds that a lock without a holder would cost
    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
    assert len(issuer.requests("/token")) == 1


def test_a_process_killed_during_its_request_is_followed_at_once(
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

    assert taken_over < PATIENCE / 4
    assert {answer.get("token") for answer in answers} == {login(store).access_token.reveal()}
    assert len(issuer.requests("/token")) == 2
    assert issuer.families[-1].reuses == 0


def test_a_token_lost_with_a_killed_process_is_told_and_not_tried_again(
    start: Callable[[int], list[Agent]], store: FileStore, issuer: ThreadedIssuer
) -> None:
    """The killed process never read the answer with the new token; some vendors accept a repetition."""
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
    assert "the previous request got no answer" in dead.reason


def test_a_vendor_that_forgives_a_repetition_gives_the_login_back(
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
