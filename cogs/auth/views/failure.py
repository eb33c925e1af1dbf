"""Turns a failure into an answer for the person and a log line for the operator."""

from __future__ import annotations

import logging
import secrets
import traceback

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, failure
from openab_auth.cogs.auth.views.buttons import AuthButton, fitting, new_link
from openab_auth.cogs.auth.views.paste_form import PasteButton
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    NoPendingLoginError,
    PasteRefusedError,
    PlanMissingError,
    ProgramFailedError,
    ProgramWaitsError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage.errors import InvalidTenantError, OpenabAuthError, StorageError

_log = logging.getLogger(__name__)


def cause_of(error: BaseException) -> BaseException:
    """Return the original error inside the error that discord.py raises for a command."""
    original = getattr(error, "original", None)
    return original if isinstance(original, BaseException) else error


def failure_message(
    language: Language, error: BaseException, doing: str, *, vendor: str | None = None, key: str | None = None
) -> ReplyContent:
    """Return the answer to a failure. If the `vendor` is known, it has a button for the next step.

    `key` is the key of the login message that a paste was for. While that login still waits, the button asks for the
    paste again.
    """
    cause = cause_of(error)
    incident = secrets.token_hex(4)
    if isinstance(cause, OpenabAuthError):
        text = failure(language, cause)
        if (level := _level(cause)) is not None:
            _log.log(level, "incident %s: %s failed: %s", incident, doing, cause)
            text = LINES.join([text, language.say("failure-incident", incident=incident)])
        return ReplyContent(text, _way_on(language, cause, vendor, key), accent="bad")
    # The exception's message is left out: a library may have put an address with a code or a token into it.
    _log.error("incident %s: %s failed with %s\n%s", incident, doing, type(cause).__name__, _frames(cause))
    return ReplyContent(language.say("unexpected-failure", incident=incident), accent="bad")


def _level(error: OpenabAuthError) -> int | None:
    """Return the level at which the log gets what the person is not told, or None if the person is told everything."""
    match error:
        case PlanMissingError() | InvalidTenantError():
            return logging.INFO
        case VendorMisconfiguredError() | StorageError() | LoginNotStoredError():
            return logging.ERROR  # only the operator can mend it
        case (
            ExchangeRefusedError() | VendorUnavailableError() | LoginDeniedError() | PasteRefusedError(reason="denied")
        ):
            return logging.INFO
        case _:
            return None


def still_waits(error: OpenabAuthError) -> bool:
    """Return whether the pending login still exists after this failure, so that the person can paste again."""
    match error:
        case PasteRefusedError():
            return not error.ends_login
        case VendorUnavailableError():
            return not (error.asked == "code" and error.sent)
        case _:
            return isinstance(error, ProgramWaitsError | StorageError)


def _way_on(language: Language, error: OpenabAuthError, vendor: str | None, key: str | None) -> tuple[AuthButton, ...]:
    if vendor is None:
        return ()
    if key is not None and still_waits(error):
        return fitting([PasteButton(language, vendor, key)])
    return new_link(language, vendor) if link_is_over(error) else ()


def link_is_over(error: OpenabAuthError) -> bool:
    """Return whether the person needs a new link."""
    match error:
        case VendorUnavailableError():
            return error.asked == "code" and error.sent
        case PasteRefusedError():
            return error.ends_login
        case NoPendingLoginError() | ExchangeRefusedError() | LoginDeniedError():
            return True
        case LoginExpiredError() | ProgramFailedError():
            return True
        case _:
            return False


def _frames(error: BaseException) -> str:
    """Return the traceback of the error and its causes, without their messages."""
    frames: list[str] = []
    link: BaseException | None = error
    while link is not None:
        frames += [f"{type(link).__name__}\n", *traceback.format_tb(link.__traceback__)]
        link = link.__cause__ or link.__context__
    return "".join(frames)
