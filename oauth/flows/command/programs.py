"""The login programs that run in this process: one for each person and vendor, each with an end."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

from openab_auth.oauth.config import find_program, working_folder
from openab_auth.oauth.entries.generation import DIGITS
from openab_auth.oauth.entries.pending import PendingLogin
from openab_auth.oauth.errors import (
    NoPendingLoginError,
    ProgramFailedError,
    ProgramMissingError,
    ProgramWaitsError,
    TooManyLoginsError,
    redact,
)
from openab_auth.oauth.flows.command.output import Output, Prompt
from openab_auth.oauth.flows.command.terminal import Terminal
from openab_auth.oauth.flows.credentials import LoggedIn
from openab_auth.oauth.http import awake_timeout
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import NEVER, UserId
from openab_auth.storage.secret import Secret

_FIRST_WORDS: Final = 20.0  # seconds until a program has to have shown a link
_ANSWER: Final = 20.0  # seconds in which a program ends once it has heard what it asked for
_QUIET: Final = 0.7  # seconds of silence after which what it has shown counts as all, for now
_LAST_LINES: Final = 3
_ADDED: Final = {"TERM": "xterm-256color", "NO_COLOR": "1", "BROWSER": "true"}  # nobody sits at this machine


class Program:
    """One run of a vendor's login program for one person."""

    def __init__(self, vendor: Vendor, begun_at: int) -> None:
        self.vendor = vendor
        self.generation = secrets.token_hex(DIGITS // 2)
        self.begun_at = begun_at
        self.expires_at = begun_at + vendor.command_timeout
        self._output = Output()
        self._changed = asyncio.Event()
        self._pasted: list[Secret] = []
        self._terminal: Terminal | None = None

    @property
    def found(self) -> Prompt:
        """The link and the code that it has shown so far."""
        return self._output.found

    async def run(self, environ: Mapping[str, str]) -> LoggedIn:
        """Run it to its end; whoever cancels this ends its whole process group.

        Raises:
            ProgramMissingError: it is not installed.
            ProgramFailedError: it said that it failed, or had to be ended.
        """
        try:
            return await self._run(environ)
        finally:
            self._changed.set()  # whoever waits for its words waits no longer

    async def _run(self, environ: Mapping[str, str]) -> LoggedIn:
        path = find_program(self.vendor.command[0], environ)
        if path is None:
            raise ProgramMissingError(self.vendor.name, self.vendor.command[0])
        child = dict(environ) | _ADDED
        words, folder = (path, *self.vendor.command[1:]), working_folder(environ)
        self._terminal = terminal = await Terminal.start(words, child, self._hear, folder=folder)
        try:
            async with awake_timeout(self.vendor.command_timeout):
                status = await terminal.wait()
        except TimeoutError:
            raise ProgramFailedError(self.vendor.name, None, self._said()) from None
        finally:
            await asyncio.shield(terminal.end())
        if status:
            raise ProgramFailedError(self.vendor.name, status, self._said())
        return LoggedIn(self.vendor, NEVER, None)

    async def first_words(self, running: asyncio.Task[LoggedIn]) -> Prompt:
        """What it shows once it has shown a link and then falls silent.

        Raises:
            ProgramMissingError, ProgramFailedError: it ended before, or shows none.
        """
        deadline = time.monotonic() + _FIRST_WORDS
        while not running.done():
            self._changed.clear()
            link, left = self.found.link, deadline - time.monotonic()
            if left <= 0:
                break
            try:
                async with asyncio.timeout(min(left, _QUIET) if link else left):
                    await self._changed.wait()
            except TimeoutError:
                if link:
                    return self.found
        if running.done():
            running.result()
            if self.found.link is None:
                raise ProgramFailedError(self.vendor.name, 0, self._said())
            return self.found
        raise ProgramFailedError(self.vendor.name, None, self._said())

    async def more(self, known: Prompt) -> Prompt:
        """What it shows, as soon as that is more than `known`."""
        while self.found == known:
            self._changed.clear()
            await self._changed.wait()
        return self.found

    async def answer(self, text: str, running: asyncio.Task[LoggedIn]) -> LoggedIn:
        """Type what the person has pasted, as one line, and see what becomes of it.

        Raises:
            ProgramWaitsError: it waits for more.
            ProgramFailedError: it ended without a login.
        """
        line = " ".join(text.split())
        self._pasted.append(Secret(line))
        if self._terminal is not None:
            self._terminal.write(line)
        await asyncio.wait((running,), timeout=_ANSWER)
        if not running.done():
            raise ProgramWaitsError(self.vendor.name, self._said())
        if running.cancelled():
            raise NoPendingLoginError(self.vendor.name)
        return running.result()

    def _hear(self, piece: bytes) -> None:
        self._output.feed(piece)
        self._changed.set()

    def _said(self) -> str:
        return redact(" / ".join(self._output.lines[-_LAST_LINES:]), self._pasted)


class Programs:
    """All of them; `environ` is what they inherit, `clock` gives unix seconds, `limit` is per person."""

    def __init__(self, environ: Mapping[str, str], *, clock: Callable[[], float], limit: int) -> None:
        self._environ = environ
        self._clock = clock
        self._limit = limit
        self._running: dict[tuple[str, UserId], tuple[Program, asyncio.Task[LoggedIn]]] = {}
        self._closing = False

    async def begin(self, vendor: Vendor, user: UserId) -> tuple[Program, Prompt]:
        """Start the program, in the place of the one that this person runs for this vendor, and wait for its link.

        Raises:
            TooManyLoginsError: this person runs `limit` others.
            ProgramMissingError, ProgramFailedError: it shows no link.
        """
        await self.cancel(vendor.name, user)
        if len(self.waiting(user)) >= self._limit:
            raise TooManyLoginsError(self._limit)
        program = Program(vendor, int(self._clock()))
        task = asyncio.create_task(program.run(self._environ), name=f"login program of {vendor.name}")
        self._running[vendor.name, user] = program, task
        try:
            return program, await program.first_words(task)
        except BaseException:
            task.cancel()
            raise

    def waiting(self, user: UserId | None = None) -> list[PendingLogin]:
        """The programs that run, of one person or of all."""
        return [
            PendingLogin(vendor, owner, program.begun_at, program.expires_at, program.generation)
            for (vendor, owner), (program, task) in self._running.items()
            if user in {None, owner} and not task.done()
        ]

    async def more(self, vendor: str, user: UserId, known: Prompt) -> Prompt:
        """What the program shows, as soon as that is more than `known`; never for one that has ended.

        Raises:
            NoPendingLoginError: none runs.
        """
        program, _ = self._running.get((vendor, user), (None, None))
        if program is None:
            raise NoPendingLoginError(vendor)
        return await program.more(known)

    async def answer(self, login: PendingLogin, text: str) -> LoggedIn:
        """Type what was pasted into the program.

        Raises:
            ProgramWaitsError, ProgramFailedError, NoPendingLoginError: as `Program.answer`.
        """
        program, task = self._running[login.vendor, login.user]
        return await program.answer(text, task)

    async def outcome(self, vendor: str, user: UserId) -> LoggedIn | None:
        """How the program ends; None when this process stops, which ends it.

        Raises:
            ProgramFailedError: it ended without a login.
            NoPendingLoginError: it was cancelled, or none runs.
        """
        program, task = self._running.get((vendor, user), (None, None))
        if program is None or task is None:
            raise NoPendingLoginError(vendor)
        await asyncio.wait((task,))
        if self._running.get((vendor, user)) == (program, task):
            del self._running[vendor, user]
        if not task.cancelled():
            return task.result()
        if self._closing:
            return None
        raise NoPendingLoginError(vendor)

    async def cancel(self, vendor: str, user: UserId) -> bool:
        """End the program; False when none runs."""
        program, task = self._running.pop((vendor, user), (None, None))
        if program is None or task is None:
            return False
        task.cancel()
        await asyncio.wait((task,))
        return True

    async def aclose(self) -> None:
        """End them all."""
        self._closing = True
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
