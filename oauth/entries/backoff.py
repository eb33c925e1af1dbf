"""What a refresh that failed leaves to every process: when the next may be tried, and whether its token may be spent.

Kept in the login's note, so that a fleet of agents asks a vendor in trouble as often as one of them would.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
from typing import Final

from openab_auth.oauth.entries.lease import REFRESH_DEADLINE
from openab_auth.oauth.errors import (
    LoginDeadError,
    OAuthError,
    RefreshUnansweredError,
    StillMisconfiguredError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage import LoginEntry, Secret, Tenant
from openab_auth.storage.records.notes import Note, RefreshAttempt

_FIRST: Final = 0.1  # seconds; doubled by each further failure
_LONGEST: Final = 60.0
_LONGEST_ASKED: Final = 900.0  # seconds; a vendor that asks for more with Retry-After is asked again after these
_ENDED: Final = "the process that asked for it ended before it could tell"


def unfinished_attempt(entry: LoginEntry, note: Note) -> RefreshAttempt | None:
    """The unfinished attempt to refresh this very login; one with an older refresh token does not count."""
    attempt = note.attempt
    return attempt if attempt and attempt.fingerprint == entry.refresh_token.fingerprint() else None


def failed_attempt(entry: LoginEntry, note: Note, now: float) -> RefreshAttempt | None:
    """The attempt that failed; one whose request may be under way has not."""
    attempt = unfinished_attempt(entry, note)
    return None if attempt and attempt.reason == _ENDED and now < attempt.at + REFRESH_DEADLINE else attempt


def start_attempt(entry: LoginEntry, before: RefreshAttempt | None, now: float) -> RefreshAttempt:
    """What is noted before the token is posted: should this process end, the next one knows what it finds."""
    failures = before.failures if before else 0
    return RefreshAttempt(
        entry.refresh_token.fingerprint(), now, _ENDED, answered=False, failures=failures, not_before=now
    )


def fail_attempt(
    attempt: RefreshAttempt,
    error: VendorUnavailableError | VendorMisconfiguredError,
    settings: str,
    now: float,
    *,
    answered: bool,
) -> RefreshAttempt:
    """The attempt as it ended: the next one later than the last time, and not sooner than the vendor asks for.

    `settings` are those that it was made with. A vendor in trouble is left alone by all; who changes what was refused
    need not wait.
    """
    wait = min(_FIRST * 2**attempt.failures, _LONGEST) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads, hides nothing
    failures = min(attempt.failures + 1, 16)
    ended = dataclasses.replace(attempt, answered=answered, failures=failures, not_before=now + wait)
    if isinstance(error, VendorMisconfiguredError):
        return dataclasses.replace(ended, reason=error.happened, todo=error.todo, settings=settings)
    if error.retry_after:
        wait = max(wait, min(error.retry_after, _LONGEST_ASKED))
    return dataclasses.replace(ended, reason=error.reason, not_before=now + wait)


def configuration_hash(*tables: object) -> str:
    """The hash of what a request is configured with: of vendors' and servers' tables, secrets included, and texts."""
    return hashlib.sha256(repr([_told(table) for table in tables]).encode()).hexdigest()


def _told(value: object) -> object:
    """The same in every process: a dataclass by its fields, a set in order."""
    if isinstance(value, Secret):
        return value.fingerprint()
    if isinstance(value, frozenset):
        return sorted(value)
    if dataclasses.is_dataclass(value):
        return {one.name: _told(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value


def remaining_pause(attempt: RefreshAttempt | None, settings: str, now: float) -> float:
    """Seconds until the login may be tried again with these settings; a time of a wrong clock alone is none."""
    if attempt is None or attempt.settings not in ("", settings):
        return 0.0
    left = attempt.not_before - now
    return left if 0 < left <= _LONGEST_ASKED else 0.0


def pause_error(tenant: Tenant, attempt: RefreshAttempt, seconds: float) -> OAuthError:
    """Why nobody asks the vendor for the next `seconds`."""
    if attempt.todo:
        return StillMisconfiguredError(tenant, attempt.reason, attempt.todo)
    if attempt.answered:
        return VendorUnavailableError(tenant, attempt.reason, retry_after=seconds, sent=False)
    return RefreshUnansweredError(tenant, attempt.reason, retry_after=seconds)


def token_probably_rotated(error: LoginDeadError) -> LoginDeadError:
    """A refusal that followed a request without an answer: most likely that one had rotated the token."""
    reason = f"{error.reason}; a request before it got no answer, and the new token was probably lost with that answer"
    return LoginDeadError(error.tenant, reason, error.since)
