"""From a failure to the answer that a person gets, and to the log line that an operator gets."""

from __future__ import annotations

import logging
import secrets
import traceback

import discord

from openab_auth.cogs.auth.replies import ReplyContent
from openab_auth.cogs.auth.text import Language, failure
from openab_auth.cogs.auth.views.buttons import new_link, view_of
from openab_auth.cogs.auth.views.paste_form import PasteButton
from openab_auth.oauth.errors import (
    ExchangeRefusedError,
    LoginDeniedError,
    LoginExpiredError,
    NoPendingLoginError,
    PasteRefusedError,
    ProgramFailedError,
    ProgramWaitsError,
    VendorUnavailableError,
)
from openab_auth.storage.errors import OpenabAuthError, StorageError

_log = logging.getLogger(__name__)


def cause_of(error: BaseException) -> BaseException:
    """What a command really failed with, out of the wrapping that discord.py puts around it."""
    original = getattr(error, "original", None)
    return original if isinstance(original, BaseException) else error


def failure_message(
    language: Language, error: BaseException, doing: str, *, vendor: str | None = None, key: str | None = None
) -> ReplyContent:
    """The answer to any failure, with the button for what to do next where the `vendor` is known.

    `key` names the login message that a paste was for: while the login waits for a better one, it is asked for again.
    """
    cause = cause_of(error)
    if isinstance(cause, OpenabAuthError):
        if isinstance(cause, ExchangeRefusedError | VendorUnavailableError | LoginDeniedError):
            _log.info("%s failed: %s", doing, cause)  # the person is not told the vendor's reason
        return ReplyContent(failure(language, cause), view=_way_on(language, cause, vendor, key))
    incident = secrets.token_hex(4)
    # Without the exception's message: a library may have put an address with a code or a token into it.
    _log.error("incident %s: %s failed with %s\n%s", incident, doing, type(cause).__name__, _frames(cause))
    return ReplyContent(language.say("apology", incident=incident))


def still_waits(error: OpenabAuthError) -> bool:
    """Whether the pending login is there after this failure, so that pasting again makes sense."""
    match error:
        case PasteRefusedError():
            return not error.ends_login
        case VendorUnavailableError():
            return not (error.asked == "code" and error.sent)
        case _:
            return isinstance(error, ProgramWaitsError | StorageError)


def _way_on(language: Language, error: OpenabAuthError, vendor: str | None, key: str | None) -> discord.ui.View | None:
    if vendor is None:
        return None
    if key is not None and still_waits(error):
        return view_of([PasteButton(language, vendor, key)])
    return new_link(language, vendor) if link_is_over(error) else None


def link_is_over(error: OpenabAuthError) -> bool:
    """Whether a new link is what helps."""
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
    """Where it happened, down the chain of causes, without what was said."""
    lines: list[str] = []
    link: BaseException | None = error
    while link is not None:
        lines += [f"{type(link).__name__}\n", *traceback.format_tb(link.__traceback__)]
        link = link.__cause__ or link.__context__
    return "".join(lines)
