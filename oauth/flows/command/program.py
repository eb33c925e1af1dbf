"""A vendor's own login program, run for one person on this machine until its time is over."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from openab_auth.oauth.config import find_program, working_folder
from openab_auth.oauth.entries.generation import GENERATION_DIGITS
from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import (
    NoPendingLoginError,
    ProgramFailedError,
    ProgramMissingError,
    ProgramWaitsError,
    TooManyLoginsError,
    redact,
)
from openab_auth.oauth.flows.command.output import Output, ProgramPrompt
from openab_auth.oauth.flows.command.terminal import Terminal
from openab_auth.oauth.flows.login_context import LoginContext
from openab_auth.oauth.flows.login_offer import LoginOffer
from openab_auth.oauth.flows.login_result import LoginResult
from openab_auth.oauth.http import awake_timeout
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage.entries import NEVER, UserId
from openab_auth.storage.secret import Secret

_FIRST_WORDS: Final = 20.0  # seconds within which a program must print a link
_ANSWER: Final = 20.0  # seconds within which a program ends after it got what it asked for
_QUIET: Final = 0.7  # seconds of silence after which the output so far counts as complete
_LAST_LINES: Final = 3
_ADDED: Final = {  # nobody sits at this machine
    "TERM": "xterm-256color",
    "NO_COLOR": "1",
    "BROWSER": "true",
    "NO_BROWSER": "true",  # Gemini CLI prints its link instead
}


async def start_program(context: LoginContext, vendor: Vendor, user: UserId) -> LoginOffer:
    """Start the program, in place of this person's earlier program for this vendor, and wait for its link.

    Raises:
        TooManyLoginsError: this person runs too many other programs.
        ProgramMissingError, ProgramFailedError: the program prints no link.
        NoPendingLoginError: the login was cancelled meanwhile.
    """
    await context.waiting.cancel(vendor.name, user)
    if len(context.waiting.in_memory(user)) >= context.max_pending:
        raise TooManyLoginsError(context.max_pending)
    program = Program(vendor, int(context.clock()))
    login = PendingLogin(vendor.name, user, program.begun_at, program.expires_at, program.generation)
    program.task = context.waiting.start(vendor, login, program.run(context.program_environment()), program)
    try:
        prompt = await program.first_prompt()
    except BaseException:
        program.task.cancel()
        raise
    return LoginOffer(vendor, prompt.link or "", program.expires_at, prompt.code, program.generation)


class Program:
    """One run of a vendor's login program for one person; `task` executes `run`."""

    task: asyncio.Task[LoginResult]

    def __init__(self, vendor: Vendor, begun_at: int) -> None:
        self.vendor = vendor
        self.generation = secrets.token_hex(GENERATION_DIGITS // 2)
        self.begun_at = begun_at
        self.expires_at = begun_at + vendor.command_timeout
        self._output = Output()
        self._changed = asyncio.Event()
        self._pasted: list[Secret] = []
        self._terminal: Terminal | None = None

    @property
    def prompt(self) -> ProgramPrompt:
        """Return the link and the code that the program has printed so far."""
        return self._output.found

    async def run(self, environ: Mapping[str, str]) -> LoginResult:
        """Run the program until it ends; a cancellation ends its whole process group.

        Raises:
            ProgramMissingError: the program is not installed.
            ProgramFailedError: the program reported a failure, or its time was over.
        """
        try:
            return await self._run(environ)
        finally:
            self._changed.set()  # wakes everyone who waits for more output

    async def _run(self, environ: Mapping[str, str]) -> LoginResult:
        path = find_program(self.vendor.command[0], environ)
        if path is None:
            raise ProgramMissingError(self.vendor.name, self.vendor.command[0])
        child = dict(environ) | _ADDED
        argv, folder = (path, *self.vendor.command[1:]), working_folder(environ)
        self._terminal = terminal = await Terminal.start(argv, child, self._read, folder=folder)
        try:
            async with awake_timeout(self.vendor.command_timeout):
                status = await terminal.wait()
        except TimeoutError:
            raise ProgramFailedError(self.vendor.name, None, self._last_lines()) from None
        finally:
            await asyncio.shield(terminal.end())
        if status:
            raise ProgramFailedError(self.vendor.name, status, self._last_lines())
        return LoginResult(self.vendor, NEVER, None)

    async def first_prompt(self) -> ProgramPrompt:
        """Return the link and the code, once the program has printed a link and then falls silent.

        Raises:
            ProgramMissingError, ProgramFailedError: the program ended before, or prints no link.
            NoPendingLoginError: the login was cancelled.
        """
        deadline = time.monotonic() + _FIRST_WORDS
        while not self.task.done():
            self._changed.clear()
            link, left = self.prompt.link, deadline - time.monotonic()
            if left <= 0:
                break
            try:
                async with asyncio.timeout(min(left, _QUIET) if link else left):
                    await self._changed.wait()
            except TimeoutError:
                if link:
                    return self.prompt
        if self.task.done():
            self._result()
            if self.prompt.link is None:
                raise ProgramFailedError(self.vendor.name, 0, self._last_lines())
            return self.prompt
        raise ProgramFailedError(self.vendor.name, None, self._last_lines())

    async def amended(self, offer: LoginOffer) -> LoginOffer:
        """Wait until the program has printed another link or code, and return the offer with it."""
        known = ProgramPrompt(offer.url, offer.user_code)
        while self.prompt == known:
            self._changed.clear()
            await self._changed.wait()
        return replace(offer, url=self.prompt.link or offer.url, user_code=self.prompt.code)

    async def answer(self, text: str) -> LoginResult:
        """Type the person's paste, as one line, and return the finished login.

        Raises:
            ProgramWaitsError: the program waits for more.
            ProgramFailedError: the program ended without a login.
            NoPendingLoginError: the login was cancelled.
        """
        line = " ".join(text.split())
        self._pasted.append(Secret(line))
        if self._terminal is not None:
            self._terminal.write(line)
        await asyncio.wait((self.task,), timeout=_ANSWER)
        if not self.task.done():
            raise ProgramWaitsError(self.vendor.name, self._last_lines())
        return self._result()

    def _result(self) -> LoginResult:
        if self.task.cancelled():
            raise NoPendingLoginError(self.vendor.name)
        return self.task.result()

    def _read(self, piece: bytes) -> None:
        self._output.feed(piece)
        self._changed.set()

    def _last_lines(self) -> str:
        return redact(self._output.last_lines(_LAST_LINES), self._pasted)
