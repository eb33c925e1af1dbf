"""Answer with a problem (RFC 9457): a code for programs, what happened, and what to do next."""

from __future__ import annotations

import logging
import traceback
from typing import ClassVar, Final, NamedTuple

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
_NOTHING: Final = "nothing was changed"
_RETRY: Final = 5  # seconds, where nobody knows better


class RequestError(OpenabAuthError):
    """A request of a client that is not answered with what it asks for; `retry_after` is in seconds."""

    status: ClassVar[int] = 400

    def __init__(self, happened: str, todo: str, retry_after: float | None = None) -> None:
        super().__init__(happened, kept=_NOTHING, todo=todo)
        self.retry_after = retry_after


class BadRequestError(RequestError):
    """The request is not understood; the sentence repeats nothing of it."""

    code = "bad_request"


class UnauthorizedError(RequestError):
    """There is no key, or it is wrong, expired or revoked; the client does not learn which."""

    code, status = "unauthorized", 401

    def __init__(self) -> None:
        super().__init__(
            "this request needs a valid key", "send `Authorization: Bearer KEY`; an operator makes keys with `key add`"
        )


class NotCoveredError(RequestError):
    """The key does not cover this login."""

    code, status = "not_covered", 403

    def __init__(self) -> None:
        super().__init__("this key does not cover this login", "ask an operator for a key that covers it")


class PersonalAccountError(RequestError):
    """A personal account was asked for with a key that has no thread of its own."""

    code, status = "personal_account", 403

    def __init__(self) -> None:
        super().__init__("personal accounts need a key with its own thread", "ask an operator for a key with --thread")


class OtherThreadError(RequestError):
    """The request names a thread that is not the key's own."""

    code, status = "other_thread", 403

    def __init__(self) -> None:
        super().__init__("this key may not name this thread", "leave the thread out, or ask for a key with --thread")


class NoThreadError(RequestError):
    """People can be asked only in a thread, and this client has none."""

    code, status = "no_thread", 403

    def __init__(self) -> None:
        super().__init__("this key has no thread in which people could be asked", "ask for a key with --thread")


class NotFoundError(RequestError):
    """The path is none of the broker's."""

    code, status = "not_found", 404

    def __init__(self) -> None:
        super().__init__("there is nothing at this path", "see /v1/openapi.json")


class MethodError(RequestError):
    """The path is there, but not for this method; `allowed` are those that it has."""

    code, status = "method_not_allowed", 405

    def __init__(self, allowed: str) -> None:
        super().__init__("this path has no such method", f"use {allowed}")
        self.allowed = allowed


class TooManyWaitError(RequestError):
    """This client has its most requests waiting."""

    code, status = "too_many_waiting", 429

    def __init__(self, most: int) -> None:
        super().__init__(f"this client has {most} requests waiting", "wait for one of their answers", 1)


class RefreshedLatelyError(RequestError):
    """A client's word caused a refresh of this login less than a minute ago."""

    code, status = "refreshed_lately", 429

    def __init__(self, seconds: float) -> None:
        super().__init__("this login was refreshed less than a minute ago", "try again later", seconds)


class StoppingError(RequestError):
    """The broker stops."""

    code, status = "stopping", 503

    def __init__(self) -> None:
        super().__init__("this broker stops", "try again in a moment", 1)


class NotReadyError(RequestError):
    """The store cannot be read in time, so that the broker cannot answer."""

    code, status = "not_ready", 503

    def __init__(self) -> None:
        super().__init__("the store of this broker cannot be read", "try again in a moment", _RETRY)


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
