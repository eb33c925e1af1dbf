"""Every system call of every command on the store's folder fails: once, several times, halfway, or as the last one."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.faults.commands import Commands
from tests.soak.faults.fault_shim import ALL_BUT_CLOSE, NO_FAULT, ON_FILES, OPENING, THREAD, WRITING, Fault, Way
from tests.soak.faults.scene import COMMANDS, Scene
from tests.soak.oracles import Findings
from tests.soak.run import SoakRun

SHARE = 0.15
LEAST = 30  # faults, however slow the machine is
FAULTS: Final = (
    Fault("EIO", ON_FILES),
    Fault("EIO eight times", ALL_BUT_CLOSE, times=8),
    Fault("EMFILE", OPENING, errno.EMFILE),
    Fault("ENOSPC three times", WRITING, errno.ENOSPC, times=3),
    Fault("short", ("read", "write"), way=Way.SHORT),
    Fault("SIGKILL", ON_FILES, way=Way.KILL),
    Fault("no thread", THREAD),
    Fault("no thread, eight times", THREAD, times=8),
)


def test_no_fault_of_the_disk_costs_a_login_or_leaves_a_token(
    shim: Path, base: Path, soak: SoakRun, findings: Findings
) -> None:
    with Commands.running(shim) as commands, ThreadedIssuer.listening() as issuer:
        places = []
        for command in COMMANDS:
            ran = Scene(commands, issuer, base / command, command).play(NO_FAULT, findings)
            for fault in FAULTS:
                reached = sum(call.split()[0] in fault.calls for call in ran.calls)
                places += [(command, replace(fault, first=number)) for number in range(1, reached + 1)]
        findings.check()
        soak.chance.shuffle(places)
        soak.begin(SHARE)
        for number, (command, fault) in enumerate(places):
            if number >= LEAST and not soak.runs:
                break
            Scene(commands, issuer, base / str(number), command).play(fault, findings)
    findings.check()
