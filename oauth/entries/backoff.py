"""Pauses after a failed refresh, and the record of a refresh whose token may have been rotated.

The attempt is kept in the login's note, which every process reads. So a whole fleet of agents asks a vendor
in trouble no more often than a single agent would.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from openab_auth.oauth.entries.login_entry import REFRESH_DEADLINE
from openab_auth.oauth.errors import (
    LoginDeadError,
    OAuthError,
    RefreshRefusedError,
    RefreshUnansweredError,
    StillMisconfiguredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage import LoginEntry, Secret, Tenant
from openab_auth.storage.records.notes import MOST_FAILURES, Note, RefreshAttempt

_FIRST: Final = 0.1  # seconds; doubled by each further failure
_LONGEST: Final = 60.0
_LONGEST_RETRY_AFTER: Final = 900.0  # seconds; a longer Retry-After is cut to this
_AFTER_UNREAD: Final = 10.0  # seconds; what cannot be read now will hardly be readable in a moment
_AFTER_REFUSAL: Final = 30.0  # seconds; an outage with unknown words may pass before the last refusal
MOST_REFUSALS: Final = 3  # of one refresh token in a row; then its login counts as dead
REFUSED_FOR: Final = 3600.0  # seconds at least between the first of them and the last, so that an outage can pass
_UNDER_WAY: Final = "the process that sent the request ended before it noted the answer"


def unfinished_attempt(entry: LoginEntry, note: Note) -> RefreshAttempt | None:
    """Return the noted attempt to refresh this login, unless it was made with an older refresh token."""
    attempt = note.attempt
    return attempt if attempt and attempt.fingerprint == entry.refresh_token.fingerprint() else None


def failed_attempt(entry: LoginEntry, note: Note, now: float) -> RefreshAttempt | None:
    """Return the last failed attempt, or None while its request may still be in flight."""
    attempt = unfinished_attempt(entry, note)
    return None if attempt and attempt.reason == _UNDER_WAY and now < attempt.at + REFRESH_DEADLINE else attempt


def start_attempt(entry: LoginEntry, before: RefreshAttempt | None, now: float) -> RefreshAttempt:
    """Return the attempt to note before the token is posted, in case this process ends before the answer."""
    return RefreshAttempt(
        *(entry.refresh_token.fingerprint(), now, _UNDER_WAY),
        answered=False,
        failures=before.failures if before else 0,
        not_before=now,
        refusals=before.refusals if before else 0,
        refused_since=before.refused_since if before else 0.0,
    )


def fail_attempt(
    attempt: RefreshAttempt,
    error: VendorUnavailableError | VendorMisconfiguredError,
    config_hash: str,
    now: float,
    *,
    answered: bool,
) -> RefreshAttempt:
    """Return the failed attempt, with the time before which no process asks again.

    The pause doubles with each failure and is never shorter than the vendor's Retry-After. After a configuration error
    the attempt keeps `config_hash`, so that a process with another configuration need not wait.
    """
    import random  # noqa: PLC0415 - `status` only reads attempts

    wait = min(_FIRST * 2**attempt.failures, _LONGEST) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads, hides nothing
    failures = min(attempt.failures + 1, MOST_FAILURES)
    refused = isinstance(error, RefreshRefusedError)
    ended = attempt._replace(
        answered=answered,
        failures=failures,
        not_before=now + wait,
        refusals=min(attempt.refusals + 1, MOST_FAILURES) if refused else 0,  # after another answer: not in a row
        refused_since=(attempt.refused_since if attempt.refusals else now) if refused else 0.0,
    )
    if isinstance(error, VendorMisconfiguredError):
        return ended._replace(reason=error.happened, todo=error.todo, config_hash=config_hash)
    if refused:
        wait = max(wait, _AFTER_REFUSAL)
    if error.retry_after:
        wait = max(wait, min(error.retry_after, _LONGEST_RETRY_AFTER))
    return ended._replace(reason=error.reason, not_before=now + wait)


def configuration_hash(*tables: object) -> str:
    """Return the hash of everything that configures a request: tables of vendors and servers, secrets, addresses."""
    from hashlib import sha256  # noqa: PLC0415 - it loads OpenSSL

    return sha256(repr([_stable(table) for table in tables]).encode()).hexdigest()


def _stable(value: object) -> object:
    """Return the value in a form whose `repr` is the same in every process, without a secret."""
    if isinstance(value, Secret):
        return value.fingerprint()
    if isinstance(value, frozenset):
        return sorted(value)
    if dataclasses.is_dataclass(value):
        return {field.name: _stable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def remaining_pause(attempt: RefreshAttempt | None, config_hash: str, now: float) -> float:
    """Return the seconds until the next attempt with this configuration; 0 if the noted time must be wrong."""
    if attempt is None or attempt.config_hash not in ("", config_hash):
        return 0.0
    left = attempt.not_before - now
    return left if 0 < left <= _LONGEST_RETRY_AFTER else 0.0


def pause_error(tenant: Tenant, attempt: RefreshAttempt, seconds: float) -> OAuthError:
    """Return the error that says why nobody asks the vendor for the next `seconds`."""
    if attempt.todo:
        return StillMisconfiguredError(tenant, attempt.reason, attempt.todo)
    if attempt.refusals:
        return RefreshRefusedError(tenant, attempt.reason, retry_after=seconds)
    if attempt.answered:
        return VendorUnavailableError(tenant, attempt.reason, retry_after=seconds, processed=False)
    return RefreshUnansweredError(tenant, attempt.reason, retry_after=seconds)


def ended_by_refusals(
    tenant: Tenant,
    error: LoginDeadError | VendorUnavailableError | VendorMisconfiguredError,
    attempt: RefreshAttempt,
    now: float,
) -> LoginDeadError | VendorUnavailableError | VendorMisconfiguredError:
    """Return `error`, or the error that ends a login whose token was refused too often and for too long."""
    if not isinstance(error, RefreshRefusedError) or attempt.refusals + 1 < MOST_REFUSALS:
        return error
    if not 0 < attempt.refused_since <= now - REFUSED_FOR:
        return error
    return LoginDeadError(tenant, f"{error.reason}; refused {attempt.refusals + 1} times in a row", doubtful=True)


def lost_answer_error(error: LoginDeadError) -> LoginDeadError:
    """Return the error for a refused token that the last request, which got no answer, has probably rotated."""
    reason = f"{error.reason}; the previous request got no answer, and the new token was probably lost with it"
    return LoginDeadError(error.tenant, reason, error.since)


def unread_answer_error(tenant: Tenant, error: Exception) -> RefreshUnansweredError:
    """Return the error for an answer that a lack of memory, or a bug, has kept from us."""
    reason = f"its answer could not be read here: {type(error).__name__}"
    return RefreshUnansweredError(tenant, reason, retry_after=_AFTER_UNREAD)
