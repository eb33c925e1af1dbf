"""The real bot in its own process, which the page can kill and start again."""

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

_START: Final = 60.0  # seconds until the bot is connected to Discord; a busy machine needs more than 20
_STOP: Final = 11.0  # seconds; the bot stops within 10
_SETPRIV: Final = find_program("setpriv", os.environ)


class BotNotStartedError(OpenabAuthError):
    """The bot's process ended, or it did not connect in time."""

    code = "playground_bot"

    def __init__(self, status: int | None) -> None:
        how = f"its process ended with status {status}" if status is not None else f"it did not connect in {_START:g} s"
        super().__init__(
            f"the playground's bot did not start: {how}",
            kept="nothing was changed",
            todo="read the bot's own error message above, on standard error",
        )


class BotProcess:
    """Run `openab-auth run --config FILE` against the embedded Discord; `environment` has its further variables."""

    def __init__(self, config: Path, discord: EmbeddedDiscord, environment: Mapping[str, str]) -> None:
        self._config = config
        self._discord = discord
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def running(
        cls, config: Path, discord: EmbeddedDiscord, environment: Mapping[str, str]
    ) -> AsyncIterator[BotProcess]:
        """Start a bot that people can use, and stop it when the block ends.

        Raises:
            BotNotStartedError: the bot did not start.
        """
        process = cls(config, discord, environment)
        try:
            await process.start()
            yield process
        finally:
            await process.stop()

    @property
    def pid(self) -> int | None:
        """Return the bot's process id, or None while it is down."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    @property
    def state(self) -> str:
        """Return `running`, `starting` or `down`."""
        if self.pid is None:
            return "down"
        return "running" if self._discord.bot_is_there else "starting"

    async def start(self) -> None:
        """Start the bot unless it runs, and wait until it is connected to Discord.

        Raises:
            BotNotStartedError: the bot did not start.
        """
        if self.pid is not None:
            return
        self._process = await asyncio.create_subprocess_exec(
            *_end_with_parent(),
            *(sys.executable, "-P", "-m", "openab_auth", "run", "--config", str(self._config)),
            env=child_environment(**self._environment),
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
            raise BotNotStartedError(status)

    async def kill(self) -> None:
        """Send SIGKILL, so that the bot cannot finish anything, and wait until Discord has noticed."""
        if self._process is not None and self.pid is not None:
            self._process.kill()
            await self._process.wait()
            await self._discord.until(lambda: not self._discord.bot_is_there, 2.0)

    async def stop(self) -> None:
        """Send SIGTERM, as an operator does; send SIGKILL if the bot does not stop in time."""
        if self._process is None or self.pid is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP):
                await self._process.wait()
        except TimeoutError:
            await self.kill()


def child_environment(**more: str) -> Mapping[str, str]:
    """Return the environment of child processes: PATH, PYTHONPATH and `more`, nothing else from the operator."""
    code = str(Path(openab_auth.__file__).parents[1])
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": code, **more}


def _end_with_parent() -> tuple[str, ...]:
    """Return a command prefix that ends the bot when the playground is killed; it exists only on Linux."""
    return (_SETPRIV, "--pdeathsig", "KILL") if _SETPRIV and sys.platform == "linux" else ()
