"""Processes log in, refresh, log out and run agents on one store while disks fail, and processes die or stand still."""

from __future__ import annotations

import errno
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.faults.fault_shim import ALL_BUT_CLOSE, Fault, Way
from tests.soak.oracles import Findings, Watch, check_vendor
from tests.soak.run import SoakRun
from tests.soak.storm import Limits, Storm
from tests.soak.vendors import LIFETIME, forgive_the_last, slow_down

SHARE = 0.1  # of the time, for the longest of the storms; some have a part of it, or twice as much
MEMORY = (20 << 20, 150 << 20)  # bytes: from too little for two threads to enough for most commands
PAUSES = (2.0, 12.0)  # seconds, shorter and longer than a request may take


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    with ThreadedIssuer.listening(access_lifetime=LIFETIME) as issuer:
        slow_down(issuer, 0.03)
        yield issuer


@pytest.fixture
def storm(issuer: ThreadedIssuer, base: Path, soak: SoakRun, findings: Findings) -> Iterator[Storm]:
    storm = Storm(issuer, base, soak, findings)
    yield storm
    storm.kill_all()


@contextmanager
def raging(storm: Storm, findings: Findings, limits: Callable[[], Limits], shim: Path | None = None) -> Iterator[None]:
    """Start the workers, watch the store during the block, stop them, then ask what must hold."""
    with Watch(storm.store, findings):
        for tenant in storm.tenants:
            storm.start(tenant, limits(), shim)
        storm.wait_until_ready(limits if limits().memory else None)
        yield
        storm.stop()
    storm.check_afterwards()


def test_disks_that_fail(issuer: ThreadedIssuer, storm: Storm, shim: Path, soak: SoakRun, findings: Findings) -> None:
    forgive_the_last(issuer)

    def limits() -> Limits:
        return Limits(
            Fault(
                "storm",
                ALL_BUT_CLOSE,
                error=soak.chance.choice((errno.EIO, errno.ENOSPC, errno.EMFILE, errno.EDQUOT)),
                way=Way.SHORT if soak.chance.random() < 0.3 else Way.FAIL,
                chance=soak.chance.choice((0.0005, 0.002, 0.01)),
                seed=soak.number(),
            )
        )

    with raging(storm, findings, limits, shim):
        soak.begin(SHARE)
        while storm.runs:
            time.sleep(0.05)
            storm.take_events()
    assert check_vendor(issuer, findings, storm.excuses) > 0
    findings.check()


def test_processes_that_are_killed(issuer: ThreadedIssuer, storm: Storm, soak: SoakRun, findings: Findings) -> None:
    forgive_the_last(issuer)
    ended = 0
    with raging(storm, findings, Limits):
        soak.begin(SHARE)
        while storm.runs:
            time.sleep(soak.chance.uniform(0.05, 1.0))
            storm.take_events()
            if storm.ended.total() >= ended + len(storm.tenants):  # a busy machine needs longer for these commands
                ended = storm.ended.total()
                tenant = soak.chance.choice(storm.tenants)
                storm.kill(tenant)
                storm.start(tenant, Limits())
        storm.wait_until_ready()
    assert check_vendor(issuer, findings, storm.excuses) > 0
    findings.check()


def test_processes_that_stand_still(issuer: ThreadedIssuer, storm: Storm, soak: SoakRun, findings: Findings) -> None:
    """Nobody is killed, so no token may be posted twice: the answer lies in the socket of whoever stood still."""
    goes_on: dict[str, float] = {}
    with raging(storm, findings, Limits):
        soak.begin(SHARE * 1.6)
        while storm.runs:
            time.sleep(0.05)
            storm.take_events()
            for tenant in [tenant for tenant, at in goes_on.items() if at < time.monotonic()]:
                del goes_on[tenant]
                storm.workers[tenant].send_signal(signal.SIGCONT)
            if len(goes_on) < len(storm.tenants) - 2 and soak.chance.random() < 0.2:
                tenant = soak.chance.choice([tenant for tenant in storm.tenants if tenant not in goes_on])
                storm.workers[tenant].send_signal(signal.SIGSTOP)
                goes_on[tenant] = time.monotonic() + soak.chance.uniform(*PAUSES)
    assert check_vendor(issuer, findings) > 0
    findings.check()


def test_processes_with_few_descriptors(
    issuer: ThreadedIssuer, storm: Storm, soak: SoakRun, findings: Findings
) -> None:
    forgive_the_last(issuer)
    with raging(storm, findings, lambda: Limits(descriptors=soak.chance.randrange(9, 14))):
        soak.begin(SHARE * 0.6)
        while storm.runs:
            time.sleep(0.05)
            storm.take_events()
    check_vendor(issuer, findings, storm.excuses)
    findings.check()


def test_processes_with_little_memory(issuer: ThreadedIssuer, storm: Storm, soak: SoakRun, findings: Findings) -> None:
    """A worker may end when it gets no more memory, its own code too; the store keeps its promises."""
    forgive_the_last(issuer)

    def limits() -> Limits:
        return Limits(memory=soak.chance.randrange(*MEMORY))

    with raging(storm, findings, limits):
        soak.begin(SHARE * 0.6)
        while storm.runs:
            time.sleep(0.05)
            storm.take_events()
            storm.replace_ended(limits)
        storm.kill_all()
    check_vendor(issuer, findings, storm.excuses)
    findings.check()
