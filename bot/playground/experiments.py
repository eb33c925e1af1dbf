"""The page's experiments: each causes a real failure and reports the result."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from openab_auth.bot.playground import disk
from openab_auth.bot.playground.agents import COUNT, Agents
from openab_auth.bot.playground.bot_process import BotProcess
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.bot.playground.store import PlaygroundStore
from openab_auth.storage import Draft, Store, TokenEntry

_REFRESH_DELAY: Final = 0.6  # seconds that the server delays a refresh while agents run, so that all of them must wait
_NOBODY: Final = "Nobody is logged in. Log in first."
_AT_WORK: Final = "The agents are still running."
_NOT_AT_WORK: Final = "No agents are running."
_DOWN: Final = "The bot is not running."
_LOOK: Final = 0.01  # seconds between two looks at the locks while agents run


class NotPossibleNowError(Exception):
    """This experiment is not possible at the moment."""


class Experiments:
    """Run experiments on the logins of `tenant`, on the bot and on the disk, and keep the result of each."""

    def __init__(  # noqa: PLR0913 - the objects of the experiments
        self,
        issuer: Issuer,
        bot: BotProcess,
        store: Store,
        tenant: str,
        *,
        place: PlaygroundStore,
        config: Path,
        threads: Sequence[str],
    ) -> None:
        self._issuer = issuer
        self._bot = bot
        self._store = store
        self._tenant = tenant
        self._full_disk = place.full_disk
        self._agents = Agents(config, place.environment, issuer.userinfo_url, tenant)
        self._thread_agents = Agents(config, place.environment, issuer.userinfo_url, tenant, threads)
        self._runs: dict[Agents, asyncio.Task[None]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._full = False
        self._results: dict[str, str] = {}
        self.locks = place.watch(self._process_name)

    def acts(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """Return the experiments by the name of their button; each may raise NotPossibleNowError."""
        return {
            "expire": self._expire,
            "agents": self._start_agents,
            "ask": self._ask_in_threads,
            "end": self._kill_in_threads,
            "revoke": self._revoke,
            "kill": self._kill,
            "start": self._start,
            "fill": self._fill,
            "free": self._free,
        }

    def view(self) -> dict[str, Any]:
        """Return the state of the bot, the disk and the agents for the page."""
        return {
            "bot": {"state": self._bot.state, "pid": self._bot.pid},
            "disk": {"full": self._full, "possible": disk.POSSIBLE},
            "agents": {"running": self._agents.running, "each": list(self._agents.reports.values())},
            "thread_agents": {"running": self._thread_agents.running, "each": self._thread_agents.by_thread},
            "results": dict(self._results),
        }

    async def aclose(self) -> None:
        """Stop the agents that still run."""
        for run in self._runs.values():
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run

    async def _expire(self) -> None:
        def end(draft: Draft) -> None:
            own = {key: entry for key, entry in draft.items() if key.partition("@")[0] == self._tenant}
            logins = {key: entry for key, entry in own.items() if isinstance(entry, TokenEntry)}
            if not logins:
                raise NotPossibleNowError(_NOBODY)
            for key, entry in logins.items():
                draft[key] = dataclasses.replace(entry, expires_at=int(time.time()))

        await asyncio.to_thread(self._store.update, end)
        self._issuer.tokens.expire()
        self._results["expire"] = (
            "The access token has expired, in the store and at the server. The refresh token is still valid."
        )

    async def _start_agents(self) -> None:
        if self._agents.running:
            raise NotPossibleNowError(_AT_WORK)
        for experiment in ("agents", "expire"):  # these results are out of date now
            self._results.pop(experiment, None)
        self._runs[self._agents] = asyncio.create_task(self._run_agents(), name="agents")

    async def _ask_in_threads(self) -> None:
        if self._thread_agents.running:
            raise NotPossibleNowError(_AT_WORK)
        run = self._thread_agents.run(full_disk=self._full)
        self._runs[self._thread_agents] = asyncio.create_task(run, name="thread agents")

    async def _kill_in_threads(self) -> None:
        if not self._thread_agents.running:
            raise NotPossibleNowError(_NOT_AT_WORK)
        self._thread_agents.kill()

    async def _run_agents(self) -> None:
        before = self._refreshes()
        self._issuer.faults.next("/token", delay=_REFRESH_DELAY)
        watching = asyncio.create_task(self._watch_locks())
        try:
            await self._agents.run(full_disk=self._full)
        finally:
            watching.cancel()
            self._issuer.faults.clear()
        self._results["agents"] = _outcome(self._agents, self._refreshes() - before)

    async def _watch_locks(self) -> None:
        while True:
            await self.locks.look()
            await asyncio.sleep(_LOOK)

    async def _revoke(self) -> None:
        living = [family for family in self._issuer.families if not family.revoked]
        if not living:
            raise NotPossibleNowError(_NOBODY)
        for family in living:
            family.revoked = True
        self._results["revoke"] = (
            "The server has revoked the login. The store does not know this yet. Start the agents."
        )

    async def _kill(self) -> None:
        async with self._one_at_a_time:
            pid = self._bot.pid
            if pid is None:
                raise NotPossibleNowError(_DOWN)
            await self._bot.kill()
        self._results["bot"] = (
            f"Process {pid} was killed (SIGKILL). Its memory is lost, and it no longer answers Discord."
        )

    async def _start(self) -> None:
        begun = time.monotonic()
        async with self._one_at_a_time:
            await self._bot.start()
            if self._full and self._bot.pid is not None:
                disk.set_full(self._bot.pid, full=True)
        took = time.monotonic() - begun
        self._results["bot"] = (
            f"Process {self._bot.pid} answered after {took:.1f} s. It knows only what the store contains."
        )

    async def _fill(self) -> None:
        if self._bot.pid is not None:
            disk.set_full(self._bot.pid, full=True)
        self._full = True
        self._results["disk"] = self._full_disk

    async def _free(self) -> None:
        if self._bot.pid is not None:
            disk.set_full(self._bot.pid, full=False)
        self._full = False
        self._results["disk"] = "Writes to files work again."

    def _refreshes(self) -> int:
        return sum(seen.fields.get("grant_type") == "refresh_token" for seen in self._issuer.requests("/token"))

    def _process_name(self, pid: int) -> str | None:
        known = {self._bot.pid: "the bot", os.getpid(): "this page"}.get(pid)
        return known or self._agents.name_of(pid) or self._thread_agents.name_of(pid)


def _outcome(agents: Agents, refreshes: int) -> str:
    tokens, times = len(agents.tokens), "1 refresh" if refreshes == 1 else f"{refreshes} refreshes"
    lines = [f"{agents.served} of {COUNT} agents were served. The server saw {times}."]
    if agents.served:
        lines.append("All have the same token." if tokens == 1 else f"They have {tokens} tokens.")
    lines += [f"{failure}." for failure in agents.failures]
    return " ".join(lines)
