"""The agents that the page starts: their processes, their states and their tokens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from openab_auth.bot.playground.agent_program import WAIT
from openab_auth.bot.playground.bot_process import child_environment

COUNT: Final = 32
_DEADLINE: Final = 60.0  # seconds for all agents, without the wait for a login; an agent waits up to 20 s for a lease
_AT_WORK: Final = frozenset({"starts", "asks", "waits"})


@dataclass(slots=True, eq=False)
class Agents:
    """Run `count` agent processes at a time; `reports` contains the latest report of each.

    The bot's config names the store. With `threads`, each agent works in one of them, and waits there for a login.
    """

    config: Path
    environment: Mapping[str, str]
    api: str
    tenant: str
    threads: Sequence[str] = ()
    running: bool = False
    reports: dict[int, dict[str, Any]] = field(default_factory=dict)
    _group: int | None = None  # the process group of the agents

    @property
    def count(self) -> int:
        """Return how many agents run at a time."""
        return len(self.threads) or COUNT

    async def run(self, *, full_disk: bool) -> None:
        """Start all agents, and read their reports until they end."""
        self.reports = {number: {"agent": number, "state": "starts"} for number in range(1, self.count + 1)}
        self.running = True
        words = [self.tenant, self.api, str(self.count), *(["--full-disk"] if full_disk else [])]
        words += [f"--thread={thread}" for thread in self.threads]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "openab_auth.bot.playground.agent_program", *words),
            env=child_environment(**self.environment, OPENAB_AUTH_CONFIG=str(self.config)),
            cwd=self.config.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # one process group, so that one signal ends all agents
        )
        self._group, deadline = process.pid, _DEADLINE + (WAIT if self.threads else 0)
        assert process.stdout is not None  # noqa: S101 - the pipe is requested above
        try:
            async with asyncio.timeout(deadline):
                async for line in process.stdout:
                    report = json.loads(line)
                    self.reports[report["agent"]] = report
                await process.wait()
        except TimeoutError:
            self._end_reports(state="failed", error=f"not done within {deadline:g} s")
        finally:
            self.kill()  # agents that are still running
            await process.wait()
            self._end_reports(state="killed")
            self.running, self._group = False, None

    def kill(self) -> None:
        """Send SIGKILL to all agents that run."""
        if self._group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    def _end_reports(self, **outcome: str) -> None:
        for report in self.reports.values():
            if report["state"] in _AT_WORK:
                report.update(outcome)

    def name_of(self, pid: int) -> str | None:
        """Return the name of the agent with this process id, or None."""
        return next((f"agent {report['agent']}" for report in self.reports.values() if report.get("pid") == pid), None)

    @property
    def by_thread(self) -> dict[str, dict[str, Any]]:
        """Return the latest report of the agent in each thread."""
        return {thread: self.reports[number] for number, thread in enumerate(self.threads, 1) if number in self.reports}

    @property
    def served(self) -> int:
        """Return how many agents the API has served."""
        return sum(report["state"] == "served" for report in self.reports.values())

    @property
    def tokens(self) -> set[str]:
        """Return the fingerprints of the agents' tokens."""
        return {str(report["token"]) for report in self.reports.values() if "token" in report}

    @property
    def failures(self) -> list[str]:
        """Return why agents failed, without repetitions."""
        return sorted({str(report["error"]) for report in self.reports.values() if "error" in report})
