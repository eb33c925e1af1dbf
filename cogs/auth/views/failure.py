"""Turns a failure into an answer for the person and a log line for the operator."""

from __future__ import annotations

import logging
import traceback
from typing import Final

from openab_auth.cogs.auth.guard import incident_of, is_shortened, new_incident
from openab_auth.cogs.auth.guard import only_operator_can_mend as is_for_operator
from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import LINES, Language, Markup, failure
from openab_auth.cogs.auth.views.ask_access import ways_to_access
from openab_auth.cogs.auth.views.buttons import AuthButton, NameTooLongError, fitting, new_link
from openab_auth.cogs.auth.views.login.message import LinkTooLongError
from openab_auth.cogs.auth.views.login.paste_form import PasteButton
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginExpiredError,
    NetworkVariableError,
    NoPendingLoginError,
    PasteRefusedError,
    ProgramFailedError,
    ProgramWaitsError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.storage.errors import OpenabAuthError, StorageError

_TOO_LONG: Final = (LinkTooLongError, NameTooLongError)
_log = logging.getLogger(__name__)


def report(doing: str, *told: str, incident: str | None = None) -> str:
    """Log what only the operator can mend, and return the incident id, under which the person tells the operator."""
    incident = incident or new_incident()
    _log.error("incident %s: %s: %s", incident, doing, "; ".join(told), extra={"incident": incident})
    return incident


def told_with(language: Language, text: Markup, incident: str) -> Markup:
    """Return `text` with the incident id below it."""
    return LINES.join([text, language.say("incident", incident=incident)])


def only_operator_can_mend(error: OpenabAuthError) -> bool:
    """Return whether this is a fault of the machine or the config; a decision of the operator is none."""
    return is_for_operator(error) or isinstance(error, _TOO_LONG)


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
    if isinstance(cause, OpenabAuthError):
        text = failure(language, cause)
        if only_operator_can_mend(cause):
            text = told_with(language, text, report(f"{doing} failed", str(cause), incident=incident_of(cause)))
        elif is_shortened(cause):
            incident = incident_of(cause)
            _log.info("incident %s: %s failed: %s", incident, doing, cause, extra={"incident": incident})
            text = LINES.join([text, language.say("failure-incident", incident=incident)])
        buttons = ways_to_access(language, cause) or _way_on(language, cause, vendor, key)
        return ReplyContent(text, buttons, accent="bad")
    incident, kind = incident_of(cause), type(cause).__name__
    # The exception's message is left out: a library may have put an address with a code or a token into it.
    _log.error(
        "incident %s: %s failed with %s\n%s", incident, doing, kind, _frames(cause), extra={"incident": incident}
    )
    return ReplyContent(language.say("unexpected-failure", incident=incident), accent="bad")


def still_waits(error: OpenabAuthError) -> bool:
    """Return whether the pending login still exists after this failure, so that the person can paste again."""
    match error:
        case PasteRefusedError():
            return not error.ends_login
        case VendorUnavailableError():
            return not (error.asked == "code" and error.processed)
        case VendorMisconfiguredError():
            return error.still_waits
        case _:
            return isinstance(error, NetworkVariableError | ProgramWaitsError | StorageError)


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
            return error.asked == "code" and error.processed
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
