"""The oracle about repeated refresh tokens: which repetitions it excuses, and which it does not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.oracles import Excuses, Findings
from tests.soak.run import SoakRun
from tests.soak.storm import Limits, Storm


def test_a_death_that_is_seen_late_excuses_what_came_before_it_was_seen() -> None:
    excuses, used = Excuses(), set[tuple[int, str]]()
    excuses.add(10.0, 12.0)

    assert excuses.take("lab", 10.5, 11.0, used)
    assert not excuses.take("lab", 11.0, 11.5, used), "each death excuses one repetition"
    assert excuses.take("other", 10.5, 11.0, used), "it may have held the answers of several logins"


@pytest.mark.parametrize(("first", "again"), [(8.0, 9.9), (50.0, 51.0)])
def test_a_death_excuses_nothing_before_it_and_nothing_long_after_it(first: float, again: float) -> None:
    excuses = Excuses()
    excuses.add(10.0, 12.0)

    assert not excuses.take("lab", first, again, set())


def test_a_login_that_a_command_lost_excuses_no_other_login() -> None:
    excuses = Excuses()
    excuses.add(10.0, 12.0, "lab")

    assert not excuses.take("other", 10.5, 11.0, set())


def test_an_agent_that_a_signal_ended_is_excused_once(base: Path, soak: SoakRun, findings: Findings) -> None:
    """CPython aborts where it gets no memory for its own error, and says nothing of the answer that it had."""
    with ThreadedIssuer.listening() as issuer:
        storm = Storm(issuer, base, soak, findings)
        aborted = {"event": "ended", "what": "exec", "tenant": "t0", "status": -6, "err": "", "lost": False}

        storm.compare({**aborted, "begun": 10.0, "at": 12.0}, own=True)

        used = set[tuple[int, str]]()
        assert storm.excuses.take("t0", 10.5, 11.0, used)
        assert not storm.excuses.take("t0", 10.5, 11.0, used)


def test_a_worker_that_died_is_excused_from_when_it_was_last_seen(
    base: Path, soak: SoakRun, findings: Findings
) -> None:
    with ThreadedIssuer.listening() as issuer:
        storm = Storm(issuer, base, soak, findings)
        for tenant in storm.tenants:
            storm.start(tenant, Limits())
        storm.wait_until_ready(Limits)
        alive = time.time()
        worker = storm.workers["t0"]
        os.kill(worker.pid, 9)
        worker.wait()
        again = time.time()  # another process has the lease by now
        storm.replace_ended(Limits)

        assert storm.excuses.take("t0", alive, again, set())
        storm.kill_all()
