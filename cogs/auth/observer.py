"""What the cog may tell an observer about people's requests, for metrics; the cog works without one."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

LoginStep: TypeAlias = Literal["begin", "finish"]
Acknowledgement: TypeAlias = Literal["taken", "late", "refused", "no_answer"]


class CogObserver(Protocol):
    """Is told about logins and acknowledgements, after each; it must be quick and raise nothing."""

    def login_step(self, step: LoginStep, vendor: str | None, error: BaseException | None) -> None:
        """Take the end of one step of a login; `vendor` is the name in its row, None as long as no row is known."""
        ...

    def acknowledged(self, outcome: Acknowledgement, seconds: float) -> None:
        """Take how long Discord took to accept an acknowledgement, or to refuse it."""
        ...


class NoObserver(CogObserver):
    """Forgets everything."""

    def login_step(self, step: LoginStep, vendor: str | None, error: BaseException | None) -> None:
        """Do nothing."""

    def acknowledged(self, outcome: Acknowledgement, seconds: float) -> None:
        """Do nothing."""
