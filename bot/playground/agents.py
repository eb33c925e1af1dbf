"""The thread agents that the page starts, as it sees them: who asks, who was served, with which token."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from openab_auth.bot.playground.bot_process import child_environment

COUNT: Final = 32
_DEADLINE: Final = 60.0  # seconds for all of them; a refresh lock is waited for 20 s at most


@dataclass(slots=True)
class Agents:
    """One run of `COUNT` processes after another; `seen` holds the latest line of each."""

    store: Path
    config: Path
    api: str
    tenant: str
    running: bool = False
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def run(self, *, full_disk: bool) -> None:
        """Start them all and hear them out."""
        self.seen = {number: {"agent": number, "state": "starts"} for number in range(1, COUNT + 1)}
        self.running = True
        words = [str(self.store), self.tenant, self.api, str(COUNT), *(["--full-disk"] if full_disk else [])]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "openab_auth.bot.playground.thread_agents", *words),
            env=child_environment(OPENAB_AUTH_CONFIG=str(self.config)),
            cwd=self.config.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a group of their own, so that they can be ended together
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            async with asyncio.timeout(_DEADLINE):
                async for line in process.stdout:
                    said = json.loads(line)
                    self.seen[said["agent"]] = said
                await process.wait()
        except TimeoutError:
            late = {"state": "failed", "said": f"not done within {_DEADLINE:g} s"}
            for said in self.seen.values():
                if said["state"] in {"starts", "asks"}:
                    said.update(late)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # those that did not end in time
            await process.wait()
            self.running = False

    def name_of(self, pid: int) -> str | None:
        """Which of them this process is."""
        return next((f"agent {said['agent']}" for said in self.seen.values() if said.get("pid") == pid), None)

    @property
    def served(self) -> int:
        """How many the API has answered."""
        return sum(said["state"] == "served" for said in self.seen.values())

    @property
    def tokens(self) -> set[str]:
        """The marks of the tokens that they have."""
        return {str(said["token"]) for said in self.seen.values() if "token" in said}

    @property
    def failures(self) -> list[str]:
        """What they could not do, each reason once."""
        return sorted({str(said["said"]) for said in self.seen.values() if "said" in said})
