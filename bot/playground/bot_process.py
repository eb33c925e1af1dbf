"""The real bot in a process of its own, so that it can be killed as a machine kills it, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import openab_auth
from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.oauth.config import find_program
from openab_auth.storage.errors import OpenabAuthError

_START: Final = 20.0  # seconds until Discord has seen it
_STOP: Final = 11.0  # seconds; the bot promises 10
_SETPRIV: Final = find_program("setpriv", os.environ)


class BotNotThereError(OpenabAuthError):
    """The bot's process ended, or did not connect, before it could be used."""

    code = "playground_bot"

    def __init__(self, status: int | None) -> None:
        how = f"its process ended with status {status}" if status is not None else f"it did not connect in {_START:g} s"
        super().__init__(
            f"the playground's bot did not start: {how}",
            kept="nothing was changed",
            todo="read its own words above, on standard error",
        )


class BotProcess:
    """`openab-auth run` on the embedded Discord; `config` is its file, all else it needs stands in there."""

    def __init__(self, config: Path, discord: EmbeddedDiscord) -> None:
        self._config = config
        self._discord = discord
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls, config: Path, discord: EmbeddedDiscord) -> AsyncIterator[BotProcess]:
        """A bot that people can use; what is left of it is stopped when the block ends.

        Raises:
            BotNotThereError: it did not come up.
        """
        process = cls(config, discord)
        try:
            await process.start()
            yield process
        finally:
            await process.stop()

    @property
    def pid(self) -> int | None:
        """Its process id; None while there is none."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    @property
    def state(self) -> str:
        """`running`, `starting` or `down`."""
        if self.pid is None:
            return "down"
        return "running" if self._discord.bot_is_there else "starting"

    async def start(self) -> None:
        """Start it unless it runs, and wait until Discord has seen it.

        Raises:
            BotNotThereError: it did not come up.
        """
        if self.pid is not None:
            return
        self._process = await asyncio.create_subprocess_exec(
            *_ends_with_us(),
            *(sys.executable, "-P", "-m", "openab_auth", "run", "--config", str(self._config)),
            env=child_environment(),
            cwd=self._config.parent,
            stdin=asyncio.subprocess.DEVNULL,
        )
        ended = asyncio.create_task(self._process.wait())
        there = asyncio.create_task(self._discord.until(lambda: self._discord.bot_is_there, _START))
        await asyncio.wait((ended, there), return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, there):
            task.cancel()
        if not self._discord.bot_is_there:
            status = self._process.returncode
            await self.kill()
            raise BotNotThereError(status)

    async def kill(self) -> None:
        """SIGKILL: it can finish nothing and say goodbye to nobody."""
        if self._process is not None and self.pid is not None:
            self._process.kill()
            await self._process.wait()
            await self._discord.until(lambda: not self._discord.bot_is_there, 2.0)

    async def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        if self._process is None or self.pid is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


def child_environment(**more: str) -> Mapping[str, str]:
    """No variable of the operator's reaches the playground's processes, but for where programs and this code lie."""
    code = str(Path(openab_auth.__file__).parents[1])
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": code, **more}


def _ends_with_us() -> tuple[str, ...]:
    """So that a playground that is killed leaves no bot behind; only Linux can promise that."""
    return (_SETPRIV, "--pdeathsig", "KILL") if _SETPRIV and sys.platform == "linux" else ()
