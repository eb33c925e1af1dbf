"""One command with one fault on a folder with two logins, and all checks afterwards."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, Final

from openab_auth.bot.playground.issuer import ThreadedIssuer, TokenFamily
from tests.soak.faults.command_process import RAISED
from tests.soak.faults.commands import Commands, Ran
from tests.soak.faults.fault_shim import NO_FAULT, Fault, Way
from tests.soak.oracles import Findings, check_modes, check_tokens_gone, holds, kind_of, strict_entries
from tests.soak.vendors import new_login, write_config, write_store

COMMANDS: Final = {
    "login": ("login", "lab"),
    "complete": ("complete", "lab"),
    "refresh": ("refresh", "lab"),
    "token": ("token", "lab"),
    "logout": ("logout", "lab"),
    "logout --local": ("logout", "lab", "--local"),
    "cancel": ("cancel", "lab"),
    "exec": ("exec", "lab", "--", "/bin/true"),
    "status": ("status",),
}
_REFRESHES = {"refresh", "token"}
_LOGS_OUT = {"logout", "logout --local"}
_NOTE: Final[dict[str, Any]] = {
    "account": None,
    "logged_in_by": 0,
    "logged_in_at": 5,
    "scopes": [],
    "dead": None,
    "attempt": None,
}


class Scene:
    """A store with the logins `lab` and `other`; `lab` is expired where the command is to refresh it."""

    def __init__(self, commands: Commands, issuer: ThreadedIssuer, base: Path, command: str) -> None:
        self._commands = commands
        self._issuer = issuer
        self._command = command
        self._home, self._folder = base / "home", base / "agent"
        self._home.mkdir(parents=True)
        self._store = self._folder / "auth.json"
        self._config = write_config(base / "config.toml", issuer, ("lab", "other"))
        self._first_family = len(issuer.families)
        entries = {}
        if command not in {"login", "complete"}:
            entries["lab"] = new_login(issuer, "lab", seconds=-5 if command in _REFRESHES else 3600)
        entries["other"] = new_login(issuer, "other", seconds=3600)
        write_store(self._store, entries, dict.fromkeys(entries, _NOTE))
        self._other = entries["other"]
        self._words = COMMANDS[command]
        if command in {"complete", "cancel"}:
            link = json.loads(self._run("login", "lab", "--json").said)["url"]
            if command == "complete":
                self._words = (*self._words, issuer.approve(link, "lab"))

    def play(self, fault: Fault, findings: Findings) -> Ran:
        """Run the command with the fault and note everything that is wrong after it."""
        ran = self._run(*self._words, fault=fault)
        if fault is not NO_FAULT and ran.failed_call is None:
            return ran  # the command ended before this call
        found = Findings()
        try:
            self._look(ran, fault, found)
            self._go_on(found, killed=fault.way is Way.KILL)
        except ValueError as error:
            found.add("the store does not parse", error)
        call, _, path = (ran.failed_call or "no call").partition(" ")
        findings.include(found, f"{self._command} | {fault.name} | {call} {kind_of(Path(path))}")
        return ran

    def _run(self, *words: str, fault: Fault = NO_FAULT) -> Ran:
        whole = ("--store", str(self._store), "--config", str(self._config), *words)
        return self._commands.run(*whole, home=self._home, folder=self._folder, fault=fault)

    def _entries(self) -> dict[str, Any]:
        return strict_entries(self._store.read_bytes())

    def _families(self) -> list[TokenFamily]:
        """Return the families of `lab` in this scene, oldest first."""
        return [family for family in self._issuer.families[self._first_family :] if family.account == "lab"]

    def _look(self, ran: Ran, fault: Fault, findings: Findings) -> None:
        """Note every violation right after the command."""
        entries = self._entries()
        if entries.get("other") != self._other:
            findings.add("another login was changed or lost")
        check_modes(self._folder, findings)
        if ran.status == -signal.SIGALRM:
            findings.add("the command hung")
        if ran.status in {1, RAISED} or "Traceback" in ran.said:
            findings.add(f"it ended with {ran.status}, which is not in the contract", ran.said[-500:])
        if fault.way is not Way.KILL:
            self._compare(ran, fault, entries, findings)

    def _compare(self, ran: Ran, fault: Fault, entries: dict[str, Any], findings: Findings) -> None:
        """Note every difference between the command's message and its effect."""
        if ran.status == 0 and self._command == "login" and not any(key.startswith("pending:lab") for key in entries):
            findings.add("a login that was told as begun is not there")
        if self._command == "complete":
            self._look_at_login(ran, entries, findings)
        if self._command in _REFRESHES:
            self._look_at_refresh(ran, fault, findings)
        if ran.status == 0 and self._command in _LOGS_OUT:
            if "lab" in entries:
                findings.add("a logout was told as done, and the login is there")
            check_tokens_gone(self._folder, findings, self._tokens())
        if any(".tmp." in file.name for file in self._folder.iterdir()) and not ran.failed("unlink"):
            findings.add("a temporary file is left")

    def _look_at_login(self, ran: Ran, entries: dict[str, Any], findings: Findings) -> None:
        families = self._families()
        stored = bool(families) and entries.get("lab", {}).get("refresh_token") == families[-1].refresh_token
        if ran.status == 0 and not stored:
            findings.add("a login that was told as done is not there")
        if ran.status != 0 and stored:
            findings.add(f"a login is stored and told as failed ({ran.status})", ran.said[-300:])
        if ran.status != 0 and families and not stored:
            findings.add(f"the code was traded and the login is lost ({ran.status})", ran.said[-300:])

    def _look_at_refresh(self, ran: Ran, fault: Fault, findings: Findings) -> None:
        (family,) = self._families()
        if not family.refreshes:
            return
        if not holds(self._folder, family.refresh_token):
            # A disk that fails again and again may cost the token; then the command says so, loudly.
            if fault.times == 1 or "is lost" not in ran.said:
                findings.add(f"the rotated token is lost ({ran.status})", ran.said[-300:])
        elif ran.status != 0:
            findings.add(f"a refresh is stored and told as failed ({ran.status})", ran.said[-300:])

    def _go_on(self, findings: Findings, *, killed: bool) -> None:
        """Note everything that does not work any more, now that no fault is left."""
        after = self._run("token", "other")
        if after.status != 0:
            findings.add("afterwards `token other` fails", after.said[-300:])
        if self._command in _REFRESHES and not killed:
            after = self._run("token", "lab")
            if after.status != 0:
                findings.add("afterwards `token lab` fails", after.said[-300:])
            if any(family.reuses for family in self._families()):
                findings.add("the family was revoked for reuse")
        after = self._run("logout", "lab", "--local")
        if after.status not in {0, 3}:
            findings.add("afterwards a logout fails", after.said[-300:])
        check_tokens_gone(self._folder, findings, self._tokens())
        self._entries()

    def _tokens(self) -> set[str]:
        """Return every token that the vendor gave for `lab` in this scene."""
        return {token for family in self._families() for token in self._issuer.tokens.tokens_of(family)}
