"""Worker processes on one store, their reported outcomes, and the oracles."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.soak.faults.commands import ROOT
from tests.soak.faults.fault_shim import Fault
from tests.soak.oracles import Excuses, Findings, check_modes, check_tokens_gone
from tests.soak.run import SoakRun
from tests.soak.vendors import write_config

WORKERS: Final = 6
PATIENCE: Final = 180.0  # seconds for what a busy machine does late; the oracles measure no speed
# CPython itself says the last three when it runs out of memory
_OUT_OF_MEMORY = (
    "MemoryError",
    "SystemError: error return without exception set",
    "returned NULL without setting an exception",
    "Cannot allocate memory",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a worker; `memory` is in bytes of address space beyond the need of its start."""

    fault: Fault | None = None
    descriptors: int = 0
    memory: int = 0


class Storm:
    """Six workers, each with a tenant of its own; all of them refresh everybody's login."""

    def __init__(self, issuer: ThreadedIssuer, base: Path, soak: SoakRun, findings: Findings) -> None:
        self.tenants = [f"t{number}" for number in range(WORKERS)]
        self.store = base / "agent" / "auth.json"
        self.store.parent.mkdir(mode=0o700)
        self.excuses = Excuses()
        self.ended: Counter[str] = Counter()
        self.workers: dict[str, subprocess.Popen[str]] = {}
        self._config = write_config(base / "config.toml", issuer, self.tenants)
        self._base, self._soak, self._findings = base, soak, findings
        self._events: queue.SimpleQueue[tuple[subprocess.Popen[str], dict[str, Any]]] = queue.SimpleQueue()
        self._inside: dict[str, bool | None] = {}  # what a tenant's own worker was told; None: not known
        self._alive: dict[str, float] = {}  # when a tenant's worker was last seen alive
        self._ready: set[str] = set()
        self._ears: list[threading.Thread] = []

    def start(self, tenant: str, limits: Limits, shim: Path | None = None) -> None:
        """Start the tenant's worker."""
        command = self._command(tenant, finish=False, shim=str(shim), limits=limits)
        environ = self._environ | ({"LD_PRELOAD": str(shim)} if limits.fault else {})
        with (self._base / f"{tenant}.err").open("w") as err:
            worker = subprocess.Popen(
                command,
                cwd=self._base, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True,
                start_new_session=True,
            )  # fmt: skip
        self.workers[tenant] = worker
        self._alive[tenant] = time.time()
        self._inside[tenant] = None
        self._ready.discard(tenant)
        ear = threading.Thread(target=self._hear, args=(worker,), daemon=True)
        ear.start()
        self._ears.append(ear)

    @property
    def _environ(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._base), "PYTHONPATH": str(ROOT)}

    def _hear(self, worker: subprocess.Popen[str]) -> None:
        assert worker.stdout is not None
        with worker.stdout:
            for line in worker.stdout:
                if line.endswith("\n"):  # a worker that is killed may leave half a line
                    self._events.put((worker, json.loads(line)))

    @property
    def runs(self) -> bool:
        """Return whether the storm goes on: its time has not passed, or the busy machine has served no token yet."""
        return self._soak.runs or not self.ended["token 0"]

    def wait_until_ready(self, replacing: Callable[[], Limits] | None = None) -> None:
        """Wait until every worker works; with `replacing`, those that end before are replaced."""
        end = time.monotonic() + PATIENCE
        while self._ready < {*self.tenants}:
            assert time.monotonic() < end, f"these workers do not start: {ended_early(self)}"
            self.take_events()
            if replacing is not None:
                self.replace_ended(replacing)
            time.sleep(0.02)

    def kill(self, tenant: str) -> None:
        """Kill the tenant's worker; the answer to a request of its may be lost with it."""
        before = time.time() if self.workers[tenant].poll() is None else self._alive[tenant]
        _kill(self.workers[tenant])
        self.excuses.add(before, time.time())
        self._inside[tenant] = None

    def replace_ended(self, limits: Callable[[], Limits]) -> None:
        """Start a new worker for each that has ended, as some do that get no more memory."""
        for tenant, worker in [*self.workers.items()]:
            looked = time.time()
            if worker.poll() is None:
                self._alive[tenant] = looked
            else:
                self.kill(tenant)
                self.start(tenant, limits())

    def take_events(self) -> None:
        """Compare everything that the workers were told since the last call."""
        while not self._events.empty():
            worker, event = self._events.get()
            if event["event"] == "ready":
                self._ready.add(event["tenant"])
            tenant = event["tenant"]
            own = self.workers.get(tenant) is worker
            if event["event"] == "begun" and event["what"] in {"complete", "logout"}:
                self._inside[tenant] = None
            elif event["event"] == "ended":
                self.compare(event, own=own)

    def compare(self, event: dict[str, Any], *, own: bool) -> None:
        """Note what a command's end breaks, and excuse the answers that it lost; `own`: by the tenant's own worker."""
        what, tenant, status = event["what"], event["tenant"], event["status"]
        self.ended[f"{what} {status if isinstance(status, int) else 'raised'}"] += 1
        # Keeping an answer may take more memory than there is; CPython then raises its own errors, or aborts.
        out_of_memory = any(words in (event["err"] if isinstance(status, int) else status) for words in _OUT_OF_MEMORY)
        if event["lost"] or out_of_memory or (isinstance(status, int) and status < 0):
            self.excuses.add(event["begun"], event["at"], tenant)
        if not isinstance(status, int) and not out_of_memory:
            self._findings.add(f"{what} raised", status)
        elif status == 1:
            self._findings.add(f"{what} ended with 1, which is not in the contract", event["err"])
        if what == "complete" and status == 0:
            self._inside[tenant] = True
        if what == "logout" and status == 0:
            if event["removed"]:
                self._inside[tenant] = False
            else:
                self._findings.add("a logout is told as done and removed nothing", event["err"])
        if what == "token" and own:
            self._compare_token(tenant, status, event["err"])

    def _compare_token(self, tenant: str, status: int | str, err: str) -> None:
        inside = self._inside.get(tenant)
        if inside and status == 3:
            self._findings.add("a login that was told as done is gone", err)
        if inside and status == 4:
            self._findings.add("a login is dead", err)
        if inside is False and status == 0:
            self._findings.add("a login is out, and its token is served")

    def kill_all(self) -> None:
        """Kill every worker; where a thread cannot be started, Python itself may wait for it for ever.

        One that had ended by itself, as without memory, has broken no promise by that.
        """
        for tenant in [*self.workers]:
            self.kill(tenant)
        self._listen_to_the_end()
        self.workers.clear()

    def stop(self) -> None:
        """Let every worker end its command, and note those that do not."""
        for worker in self.workers.values():
            if worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
            assert worker.stdin is not None
            worker.stdin.close()
        for tenant, worker in self.workers.items():
            try:
                status = worker.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._findings.add("a worker does not end", tenant)
                _kill(worker)
            else:
                if status not in {0, -signal.SIGKILL}:  # a test may have killed them
                    self._findings.add(f"a worker ended with {status}", self.said(tenant))
        self._listen_to_the_end()

    def _listen_to_the_end(self) -> None:
        for ear in self._ears:
            ear.join()
        self.take_events()

    def said(self, tenant: str) -> str:
        """Return the end of what the tenant's worker wrote to standard error."""
        return (self._base / f"{tenant}.err").read_text()[-600:]

    def check_afterwards(self) -> None:
        """Now that nothing fails: every login can be renewed and ended, and no file holds a token then."""
        command = self._command("", finish=True, shim="", limits=Limits())
        ran = subprocess.run(
            command, cwd=self._base, env=self._environ, capture_output=True, text=True, timeout=PATIENCE, check=True
        )
        ended = [event for event in map(json.loads, ran.stdout.splitlines()) if event["event"] == "ended"]
        assert len(ended) == 2 * len(self.tenants)
        for event in ended:
            if event["status"] not in {0, 3}:
                self._findings.add(f"afterwards `{event['what']}` ends with {event['status']}", event["err"])
        check_modes(self.store.parent, self._findings)
        check_tokens_gone(self.store.parent, self._findings)

    def _command(self, tenant: str, *, finish: bool, shim: str, limits: Limits) -> list[str]:
        """Return the command of a worker; with `finish` it ends everybody's login, and then itself."""
        asked = {
            "store": str(self.store), "config": str(self._config), "tenant": tenant, "tenants": self.tenants,
            "seed": self._soak.number(), "shim": shim, "finish": finish, **asdict(limits),
        }  # fmt: skip
        return [sys.executable, "-m", "tests.soak.programs.worker", json.dumps(asked)]


def _kill(worker: subprocess.Popen[str]) -> None:
    """Kill the worker and its agent, which may hang without memory and would keep a lease."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert worker.stdin is not None
    worker.stdin.close()


def ended_early(storm: Storm) -> str:
    """Return what the workers that are not alive said."""
    return "; ".join(storm.said(tenant) for tenant, worker in storm.workers.items() if worker.poll() is not None)
