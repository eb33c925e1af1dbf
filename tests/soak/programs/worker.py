"""A program that runs commands of the command line at random: it alone logs its own tenant in and out.

It prints one JSON object a line: what it is about to do, then how that ended; never a token. It ends after the command
under way when its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import resource
import select
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from openab_auth.bot.cli import main
from openab_auth.bot.playground.issuer import decide
from tests.soak.faults.fault_shim import Fault, arm

_RAISED, _NO_MEMORY = 99, 98  # the exit status of a child whose command raised, or had no memory left
_LOST = ("is lost", "could not be read here")  # what a command says when it loses an answer


class Worker:
    """`asked` says where the store and the config are, which tenant is the worker's own, and what limits it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._options = ["--store", asked["store"], "--config", asked["config"]]
        self._mine: str = asked["tenant"]
        self._everybody: list[str] = asked["tenants"]
        self._chance = random.Random(asked["seed"])  # noqa: S311 - no secret
        self._logged_in = False
        self._exec_err = str(Path(asked["config"]).with_name(f"{self._mine or 'finish'}.exec.err"))

    def run(self) -> None:
        """Log out what a worker before this one may have left, log in, then work until standard input ends."""
        self._command("logout", "logout", self._mine, "--local")
        _say(event="ready", tenant=self._mine)
        self._log_in()
        while not select.select([sys.stdin], [], [], self._chance.choice((0, 0, 0.03)))[0]:
            self._turn()

    def finish(self) -> None:
        """Renew and end everybody's login, once nothing fails any more."""
        for tenant in self._everybody:
            self._tell("refresh", tenant, "refresh", tenant)
            self._tell("logout", tenant, "logout", tenant, "--local")

    def _turn(self) -> None:
        anybody, dice = self._chance.choice(self._everybody), self._chance.random()
        if dice < 0.08:
            self._log_in()
        elif dice < 0.12 and self._logged_in:
            local = self._chance.choice(((), ("--local",)))
            self._tell("logout", self._mine, "logout", self._mine, *local)
        elif dice < 0.70:
            self._tell("token", anybody, "token", anybody)
        elif dice < 0.82:
            self._tell("refresh", anybody, "refresh", anybody)
        elif dice < 0.90:
            self._tell("status", "", "status", "--json")
        else:
            self._exec(anybody)

    def _log_in(self) -> None:
        ended = self._tell("login", self._mine, "login", self._mine, "--json")
        if ended["status"] != 0:
            return
        with contextlib.suppress(OSError):
            paste = asyncio.run(decide(json.loads(ended["out"])["url"], "allow", self._mine))
            ended = self._tell("complete", self._mine, "complete", self._mine, paste)
            self._logged_in = ended["status"] == 0

    def _exec(self, tenant: str) -> None:
        """Run an agent in a child, whose standard error goes into a file: the child may become the agent."""
        begun = time.time()
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(self._become_agent(tenant))
            except MemoryError:  # there may be no memory left to say more
                os._exit(_NO_MEMORY)
            except BaseException:  # noqa: BLE001 - the finding
                os._exit(_RAISED)
        status: int | str = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        err = Path(self._exec_err).read_text()
        if status in {_RAISED, _NO_MEMORY}:
            status = "raised MemoryError" if status == _NO_MEMORY else err[-500:]
        _say(event="ended", what="exec", tenant=tenant, begun=begun, status=status, **_told(err))

    def _tell(self, what: str, tenant: str, *words: str) -> dict[str, Any]:
        """Run a command and print how it ended; its output stays here, for it may be a token."""
        _say(event="begun", what=what, tenant=tenant)
        ended = self._command(what, *words)
        if what == "logout" and ended["status"] == 0 and "removed here" in ended["out"]:
            self._logged_in = False
        told = {"removed": "removed here" in ended["out"]} if what == "logout" else {}
        _say(event="ended", tenant=tenant, **told, **{name: ended[name] for name in ended if name != "out"})
        return ended

    def _become_agent(self, tenant: str) -> int:
        said = os.open(self._exec_err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(said, sys.stderr.fileno())
        os.close(said)
        status = self._command("exec", "exec", tenant, "--", "/bin/true", err=sys.stderr)["status"]
        if isinstance(status, int):
            return status
        sys.stderr.write(status)
        return _RAISED

    def _command(self, what: str, *words: str, err: TextIO | None = None) -> dict[str, Any]:
        out, err, begun = io.StringIO(), err or io.StringIO(), time.time()
        sys.argv = ["openab-auth", *self._options, *words] if what != "token" else ["", *words, *self._options]
        status: int | str
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = main()
            except BaseException:  # noqa: BLE001 - the finding
                status = "raised " + traceback.format_exc(limit=-4)[-500:]
        said = err.getvalue() if isinstance(err, io.StringIO) else ""
        return {"what": what, "begun": begun, "status": status, "out": out.getvalue(), **_told(said)}


def _told(err: str) -> dict[str, Any]:
    """Return the end of what a command said, and whether it said anywhere that it lost an answer."""
    return {"err": err[-400:], "lost": any(words in err for words in _LOST)}


def _say(**event: object) -> None:
    os.write(1, (json.dumps({"at": time.time(), **event}) + "\n").encode())


def _limit(asked: dict[str, Any]) -> None:
    """Take the limits of this worker's storm: faults of the disk, few descriptors or little memory."""
    if asked["fault"]:
        os.environ.pop("LD_PRELOAD", None)
        arm(Path(asked["shim"]), Path(asked["store"]).parent, Fault(**asked["fault"]))
    if asked["descriptors"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (asked["descriptors"],) * 2)
    if asked["memory"]:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + asked["memory"],) * 2)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    _limit(asked)
    worker = Worker(asked)
    if asked["finish"]:
        worker.finish()
    else:
        worker.run()
