"""A process is stopped while the vendor answers its refresh (SIGSTOP, a frozen container), and continues later."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.faults.commands import ROOT
from tests.soak.oracles import Findings, check_tokens_gone, check_vendor, holds
from tests.soak.run import SoakRun
from tests.soak.storm import PATIENCE
from tests.soak.vendors import new_login, slow_down, write_config, write_store

SHARE = 0.2
PROCESSES = 6  # they stand still at the same time, each in the refresh of its own login
PAUSES = (2.0, 12.0)  # seconds; a request has 8, a whole refresh 20


def test_an_answer_that_came_meanwhile_is_stored_and_nothing_posted_again(
    base: Path, soak: SoakRun, findings: Findings
) -> None:
    with ThreadedIssuer.listening() as issuer, ThreadPoolExecutor(PROCESSES) as pool:
        slow_down(issuer, 1.0)
        soak.begin(SHARE)
        number = 0
        while number == 0 or soak.runs:
            pauses = [soak.chance.uniform(*PAUSES) for _ in range(PROCESSES)]
            places = [base / f"{number}-{process}" for process in range(PROCESSES)]
            for found in pool.map(lambda place, pause: pause_in_refresh(issuer, place, pause), places, pauses):
                findings.include(found, "paused")
            number += 1
        assert check_vendor(issuer, findings) == number * PROCESSES
    findings.check()


def pause_in_refresh(issuer: ThreadedIssuer, base: Path, pause: float) -> Findings:
    """Stop `token` once its request is at the vendor, let it go on after `pause` seconds, and look at what it did."""
    base.mkdir()
    findings, tenant, store = Findings(), base.name, base / "agent" / "auth.json"
    entry = new_login(issuer, tenant, seconds=-5)
    write_store(store, {tenant: entry})
    config = write_config(base / "config.toml", issuer, [tenant])
    begin = [sys.executable, "-m", "openab_auth", "--store", str(store), "--config", str(config)]
    environ = {"HOME": str(base), "PYTHONPATH": str(ROOT)}

    def start(*words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen([*begin, *words], cwd=base, env=environ, stdout=pipe, stderr=pipe, text=True)

    process = start("token", tenant)
    while not any(seen.fields.get("refresh_token") == entry["refresh_token"] for seen in issuer.requests("/token")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    time.sleep(pause)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=PATIENCE)
    if process.returncode != 0:
        findings.add(f"the process that stood still ended with {process.returncode}", f"{pause:.1f} s: {err[-400:]}")
    family = issuer.tokens.family_of_refresh(entry["refresh_token"])
    assert family is not None
    if not holds(store.parent, family.refresh_token):
        findings.add("the answer that came meanwhile is not stored", f"{pause:.1f} s: {err[-400:]}")
    for words in (("token", tenant), ("logout", tenant, "--local")):
        after = start(*words)
        _, err = after.communicate(timeout=PATIENCE)
        if after.returncode != 0:
            findings.add(f"afterwards `{words[0]}` ends with {after.returncode}", f"{pause:.1f} s: {err[-400:]}")
    check_tokens_gone(store.parent, findings)
    return findings
