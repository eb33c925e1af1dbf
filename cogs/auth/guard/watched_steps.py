"""Tell the observer how each step of a login ended, whatever ended it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from openab_auth.cogs.auth.guard.audit import AuditLine
from openab_auth.cogs.auth.observer import CogObserver, LoginStep

_STEPS: Final[Mapping[str, LoginStep]] = {"login": "begin", "complete": "finish"}


class WatchedStep:
    """The block in which one request runs; `line` is its audit line as soon as there is one.

    A silent line belongs to a login that has its own end, which is told by itself.
    """

    def __init__(self, observer: CogObserver, request: str) -> None:
        self._observer = observer
        self._step = _STEPS.get(request)
        self.line = AuditLine()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._step is not None and not self.line.silent and (error is None or isinstance(error, Exception)):
            self._observer.login_step(self._step, self.line.vendor, error)
