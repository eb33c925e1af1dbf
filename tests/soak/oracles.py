"""The rules that must hold at every moment, whatever fails."""

from __future__ import annotations

import json
import re
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from openab_auth.bot.playground.issuer import ThreadedIssuer
from tests.support.strict_reader import is_mcp, is_pending, is_token

_LAG = 30.0  # seconds from a request to the moment in which the server notes it, and the length of one refresh
_TOKEN = re.compile(rb"(?:at|rt)_[A-Za-z0-9_-]{32}")


class Findings:
    """The broken rules: each kind once, with its first detail and its count."""

    def __init__(self) -> None:
        self._details: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def add(self, what: str, detail: object = "") -> None:
        """Note a finding; `detail` may hold no token."""
        self._details.setdefault(what, str(detail)[:600])
        self._counts[what] += 1

    def include(self, others: Findings, where: str) -> None:
        """Note the findings of one scene, with its place."""
        for what, detail in others._details.items():
            self.add(f"{where} | {what}", detail)

    def check(self) -> None:
        """Fail the test when there is a finding."""
        told = [f"{count}x {what}: {self._details[what]}" for what, count in self._counts.most_common()]
        assert told == [], "\n".join(told)


class Excuses:
    """Times in which a process may have lost an answer: it died, or it reported the loss.

    Nobody sees the moment itself, only a time before it and a time after it.
    """

    def __init__(self) -> None:
        self._times: list[tuple[float, float, str | None]] = []

    def add(self, since: float, until: float, tenant: str | None = None) -> None:
        """Excuse one repetition of a refresh for the tenant, or for each tenant of a process that died."""
        self._times.append((since, until, tenant))

    def take(self, tenant: str, first: float, again: float, used: set[tuple[int, str]]) -> bool:
        """Return whether a loss between the two requests excuses the second; each is used once a tenant."""
        for number, (since, until, whose) in enumerate(self._times):
            fits = first - _LAG <= until and since <= again
            if fits and whose in {None, tenant} and (number, tenant) not in used:
                used.add((number, tenant))
                return True
        return False


def strict_entries(data: bytes) -> dict[str, Any]:
    """Parse a credential file as the agents that are written in Rust do.

    Raises:
        ValueError: they would take it for corrupt.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key is there twice")  # noqa: EM101, TRY003 - for a finding
        return dict(pairs)

    top = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    for key, entry in top.items():
        if not isinstance(entry, dict) or not (is_token(entry) or is_pending(entry) or is_mcp(entry)):
            raise ValueError(f"{key} has no known shape")  # noqa: EM102, TRY003 - for a finding
    return dict(top)


def check_modes(folder: Path, findings: Findings) -> None:
    """Note every file that others than its owner could read, and a folder that they could enter."""
    for place, right in [(folder, 0o700), *((file, 0o600) for file in folder.iterdir())]:
        try:
            mode = stat.S_IMODE(place.stat().st_mode)
        except FileNotFoundError:  # a temporary file that is in its place by now
            continue
        if mode != right:
            findings.add(f"the mode of {kind_of(place)} is {mode:o}")


def check_tokens_gone(folder: Path, findings: Findings, tokens: Iterable[str] | None = None) -> None:
    """Note every file that holds one of the tokens, or without `tokens` any token at all."""
    wanted = None if tokens is None else {token.encode() for token in tokens}
    for file in folder.iterdir():
        found = set(_TOKEN.findall(file.read_bytes()))
        if found and (wanted is None or found & wanted):
            findings.add(f"{kind_of(file)} holds a token after its logout")


def holds(folder: Path, token: str) -> bool:
    """Return whether a file of the folder holds this token."""
    return any(token.encode() in file.read_bytes() for file in folder.iterdir())


def check_vendor(issuer: ThreadedIssuer, findings: Findings, excuses: Excuses | None = None) -> int:
    """Note every refresh token that was posted after its answer; return how many refreshes were answered.

    The account of each family is the tenant of its login.
    """
    excuses = excuses or Excuses()
    answered: dict[str, float] = {}
    used: set[tuple[int, str]] = set()
    refreshes = 0
    for seen in issuer.requests("/token"):
        if seen.fields.get("grant_type") != "refresh_token":
            continue
        token = seen.fields["refresh_token"]
        refreshes += seen.status == 200
        if token in answered:
            family = issuer.tokens.family_of_refresh(token)
            tenant, first = family.account if family else "", answered[token]
            if not excuses.take(tenant, first, seen.at, used):
                detail = f"{tenant}, status {seen.status}, {seen.at - first:.3f} s after the request before"
                findings.add("a refresh token was posted after its answer", detail)
        if seen.status == 200:
            answered[token] = seen.at
    for family in issuer.families:
        if family.reuses:
            findings.add("a family was revoked for reuse", family.account)
    return refreshes


class Watch:
    """Read the store without a lock, as strictly as a foreign program, until the block ends."""

    def __init__(self, path: Path, findings: Findings) -> None:
        self._path = path
        self._findings = findings
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.reads = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.003):
            try:
                data = self._path.read_bytes()
            except FileNotFoundError:
                if self.reads:
                    self._findings.add("the store is not there", time.time())
                continue
            self.reads += 1
            try:
                strict_entries(data)
            except ValueError as error:
                self._findings.add("the store does not parse", error)
            check_modes(self._path.parent, self._findings)


def kind_of(file: Path) -> str:
    """Return the name of a file without the numbers that differ from run to run."""
    return re.sub(r"\d+", "N", file.name)
