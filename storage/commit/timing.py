"""Measure commits: how long each one waited for its lock, how long it took, and whether it failed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.commit.mutation import Mutation

T = TypeVar("T")


class CommitReport(NamedTuple):
    """One commit: the seconds until its first change ran under the lock, all its seconds, and its error if it failed.

    A commit that never got the lock has waited all the time.
    """

    waited: float
    seconds: float
    error: Exception | None


class CommitObserver(Protocol):
    """Is told about each commit of this process, after it; it must be quick and raise nothing."""

    def committed(self, report: CommitReport) -> None:
        """Take the report of one commit."""
        ...


class TimedCommit:
    """Measures one commit of these mutations, from now on; `mutations` are those to run."""

    def __init__(self, mutations: Sequence[Mutation[Any]]) -> None:
        self._begun = time.monotonic()
        self._locked_at: float | None = None
        self.mutations = [self._noting(mutations[0]), *mutations[1:]]

    def report(self, error: Exception | None) -> CommitReport:
        """Return the report of the commit, which has just ended."""
        now = time.monotonic()
        return CommitReport((self._locked_at or now) - self._begun, now - self._begun, error)

    def _noting(self, mutate: Mutation[T]) -> Mutation[T]:
        """Return the mutation that also notes when it runs: every backend runs it under its lock."""

        def first(draft: Draft) -> T:
            self._locked_at = time.monotonic()
            return mutate(draft)

        return first
