"""Answer with a problem (RFC 9457): a code for programs, what happened, and what to do next."""

from __future__ import annotations

import logging
import traceback
from typing import Final, NamedTuple

from openab_auth.bot.broker.refusals import MethodError, RequestError
from openab_auth.oauth.errors import (
    AccountNotForThreadError,
    ConfigError,
    LoginDeadError,
    NotLoggedInError,
    NotRequestableError,
    ThreadIdError,
    TooManyRequestsError,
    UnknownVendorError,
)
from openab_auth.storage.errors import InvalidTenantError, OpenabAuthError, StorageError

_log: Final = logging.getLogger(__name__)
_RETRY: Final = 5  # seconds, where nobody knows better

# The first class that matches decides, so a child class comes before its parent.
_STATUSES: Final[tuple[tuple[type[OpenabAuthError], int], ...]] = (
    (AccountNotForThreadError, 403),
    (NotRequestableError, 403),
    (NotLoggedInError, 404),
    (UnknownVendorError, 404),
    (LoginDeadError, 409),
    (TooManyRequestsError, 429),
    (ThreadIdError, 400),
    (InvalidTenantError, 400),
)
_INTERNAL: Final = (StorageError, ConfigError)  # their sentences name files of this host


class Problem(NamedTuple):
    """The answer to a request that failed."""

    status: int
    code: str
    detail: str
    hint: str
    retry_after: int | None = None
    allowed: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the members of the answer (RFC 9457); `type` is left out, so that `code` says what it is."""
        return {"status": self.status, "code": self.code, "detail": self.detail, "hint": self.hint}


def problem_of(error: Exception) -> Problem:
    """Return the answer for an error; log an error that only the operator can understand."""
    if isinstance(error, RequestError):
        after, allowed = _whole(error.retry_after), error.allowed if isinstance(error, MethodError) else ""
        return Problem(error.status, error.code, error.happened, error.todo, after, allowed)
    if not isinstance(error, OpenabAuthError):
        return _unforeseen(error)
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 503)
    again = _whole(getattr(error, "retry_after", None) or _RETRY) if status in {429, 503} else None
    if isinstance(error, _INTERNAL) and status == 503:  # noqa: PLR2004 - as above
        _log.error("a request failed: %s", error)
        hint = "an operator finds the reason in the broker's log"
        return Problem(status, error.code, "the broker cannot do this now", hint, again)
    return Problem(status, error.code, f"{error.happened}; {error.kept}", error.todo, again)


def _unforeseen(error: Exception) -> Problem:
    """Return the answer for a bug; the log gets the places in the code, and no text that could quote a secret."""
    places = "".join(traceback.format_tb(error.__traceback__))
    _log.error("a request failed with an unforeseen error (%s)\n%s", type(error).__name__, places)
    return Problem(500, "internal", "the broker failed", "an operator finds the reason in the broker's log")


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else max(1, -int(-seconds // 1))
