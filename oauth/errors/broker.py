"""Errors of an agent that gets its tokens from a broker."""

from __future__ import annotations

from openab_auth.oauth.errors.base import OAuthError
from openab_auth.oauth.errors.tokens import VendorUnavailableError

_UNTOUCHED = "the logins are untouched"


class BrokerSettingError(OAuthError):
    """The address or the key of a broker is unusable; `setting` names it, and `problem` follows in the sentence.

    The value is never shown, because it may hold a secret.
    """

    code = "broker_setting"

    def __init__(self, setting: str, problem: str, todo: str) -> None:
        super().__init__(f"{setting} {problem}", kept="no request was sent", todo=todo)
        self.setting = setting
        self.problem = problem


class BrokerRefusedError(OAuthError):
    """The broker refuses this client or this request; a later try fails, too. `status` is that of its answer."""

    code = "broker_refused"

    def __init__(self, place: str, status: int, reason: str, todo: str) -> None:
        super().__init__(f"the broker at {place} refused the request: {reason}", kept=_UNTOUCHED, todo=todo)
        self.place = place
        self.status = status
        self.reason = reason


class BrokerUnavailableError(VendorUnavailableError):
    """The broker gave no usable answer, or cannot serve this request now; `retry_after` is in seconds."""

    code = "broker_unavailable"

    def __init__(self, place: str, reason: str, *, retry_after: float | None = None, todo: str = "") -> None:
        super().__init__(f"the broker at {place}", reason, retry_after=retry_after)
        self.kept = _UNTOUCHED
        self.todo = f"{self.todo}; {todo}" if todo else self.todo
        self.place = place


class NotAtBrokerError(OAuthError):
    """A broker does not do this: it hands out access tokens, and nothing else."""

    code = "not_at_broker"

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"a broker cannot {what}", kept="nothing was changed", todo=todo)
        self.what = what
