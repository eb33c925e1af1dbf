"""What a vendor's reply, or its silence, means for a login: one typed error for each.

The words are those of RFC 6749 5.2 and what vendors make of them. A login is called dead on the vendor's clear word
alone; whatever could pass by itself is transient.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

import httpx2

from openab_auth.oauth.errors import (
    Asked,
    ClientRefusedError,
    ExchangeRefusedError,
    LoginDeadError,
    OAuthError,
    VendorMisconfiguredError,
    VendorUnavailableError,
)
from openab_auth.oauth.errors.redact import shown
from openab_auth.oauth.http.transport import RefusedAddressError, UnreadReplyError
from openab_auth.storage.entries import Json
from openab_auth.storage.secret import Secret

JsonObject: TypeAlias = Mapping[str, Json]
E = TypeVar("E", bound=BaseException)

RFC_6749_NAMES: Final[Mapping[str, str]] = MappingProxyType({})  # a vendor with names of its own has a table of them
DEAD: Final = frozenset(
    {
        "expired_token",
        "bad_refresh_token",  # GitHub's
        "invalid_grant",
        "invalid_refresh_token",
        "refresh_token_expired",
        "refresh_token_invalidated",
        "refresh_token_reused",
        "token_invalidated",
        "token_revoked",
    }
)
_UNKNOWN_CLIENT: Final = frozenset({"invalid_client", "unauthorized_client"})
_OUR_FAULT: Final = frozenset(
    {
        "device_flow_disabled",  # GitHub's
        "incorrect_client_credentials",  # GitHub's
        "invalid_scope",
        "invalid_target",
        "unsupported_grant_type",
    }
)
_REUSE: Final = re.compile(r"(?i)(\b|_)re-?used?\b|\balready (been )?(used|spent|redeemed)|\b(used|spent) already")
_ELSEWHERE: Final = "; somebody else has used this refresh token: another tool, or a copy of this store"
_PASSING: Final = frozenset(
    {
        "overloaded_error",
        "rate_limit_error",
        "rate_limit_exceeded",
        "server_error",
        "slow_down",
        "temporarily_unavailable",
        "too_many_requests",
    }
)
LONGEST_TOKEN: Final = 2**16  # bytes; the file is written anew with every commit, and everybody waits for that
_PROOF_BOUND: Final = frozenset({"dpop", "mac", "pop"})  # token types of which the token alone is worth nothing
_TOO_MANY: Final = 429
_TRANSIENT_STATUS: Final = frozenset({408, 425, _TOO_MANY})
_ABSENT: Final = frozenset({404, 405, 410})
_CLEAR_STATUS: Final = frozenset({200, 400, 401, 403})
_LONGEST_WAIT: Final = 24 * 3600.0
_UNREAD_PAUSE: Final = 10.0  # seconds; what cannot be read now will hardly be readable in a moment
_LONGEST_DATE: Final = 64  # characters of a header that holds a date or a number of seconds
_MOST_VALUES: Final = 10_000  # in one JSON document; each costs its reader far more time than its bytes

_CUT_OFF: Final = (  # a connection that broke or said nothing; may pass
    ssl.SSLEOFError,
    ssl.SSLSyscallError,
    ssl.SSLWantReadError,
    ssl.SSLWantWriteError,
    ssl.SSLZeroReturnError,
)
_CHECK_TLS: Final = "check the clock, the certificates of this machine (SSL_CERT_FILE) and any proxy in between"
CHECK_TABLE: Final = "the operator must compare this vendor's table with the vendor's documentation"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What was asked of whom; `secrets` is what we sent and must never be shown when it is echoed."""

    vendor: str
    tenant: str
    asked: Asked
    secrets: tuple[Secret, ...] = ()

    def unavailable(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        sent: bool = True,
        unanswered: bool = False,
        unread: bool = False,
    ) -> VendorUnavailableError:
        """No usable answer."""
        return VendorUnavailableError(
            self.vendor,
            reason,
            asked=self.asked,
            retry_after=retry_after,
            sent=sent,
            unanswered=unanswered,
            unread=unread,
        )

    def misconfigured(self, reason: str, todo: str = CHECK_TABLE) -> VendorMisconfiguredError:
        """Our client or its settings are wrong; a code is used up by that all the same."""
        return VendorMisconfiguredError(self.vendor, reason, todo, asked=self.asked)


def judge_reply(
    question: RequestContext, reply: httpx2.Response, *, now: float, names: Mapping[str, str] = RFC_6749_NAMES
) -> JsonObject:
    """The token reply, when it is one; `names` gives the standard's name for members that the vendor calls otherwise.

    Raises:
        LoginDeadError: the vendor says that the refresh token will never be taken again.
        ExchangeRefusedError: the vendor refused the code.
        VendorUnavailableError: 5xx, 429, a page instead of JSON: it may pass.
        VendorMisconfiguredError: the vendor refuses this client, or nothing is at this address.
    """
    body = json_object(reply, names)
    if error := _fault(question, reply, body, now):
        raise error
    return body or {}


def _fault(question: RequestContext, reply: httpx2.Response, body: JsonObject | None, now: float) -> OAuthError | None:
    """The first of these that is so decides: a passing trouble, the vendor's clear word, the place, the shape."""
    words, status = error_words(body or {}), reply.status_code
    reason = reason_of(question, status, body)
    error: OAuthError | None
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status in _TRANSIENT_STATUS or _PASSING & words:
        error = question.unavailable(reason, retry_after=_retry_after(reply, now))
    elif status in range(300, 400):
        error = question.misconfigured(f"HTTP {status}: it redirects, and a request with a secret is never sent on")
    elif DEAD & words and status in _CLEAR_STATUS and question.asked == "refresh":
        error = LoginDeadError(question.tenant, f"{reason}{_ELSEWHERE if _REUSE.search(reason) else ''}")
    elif _UNKNOWN_CLIENT & words:
        error = ClientRefusedError(question.vendor, reason, CHECK_TABLE)
    elif _OUR_FAULT & words or ("invalid_request" in words and question.asked == "refresh"):
        error = question.misconfigured(reason)
    elif status in _ABSENT:
        error = question.misconfigured(f"{reason}: there is no such endpoint")
    elif body is None:
        error = question.unavailable(f"HTTP {status} without JSON, perhaps a proxy's page", unread=reply.is_success)
    elif words or not reply.is_success:
        error = _refused(question, reason)
    else:
        error = _unusable(question, body)
    return error


def judge_failure(question: RequestContext, error: Exception, *, unsent: bool) -> OAuthError:
    """What it means that no whole reply came."""
    if isinstance(error, RefusedAddressError):
        return question.misconfigured(str(error))
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL | OverflowError):  # the last: a port
        return question.misconfigured("its address is not a URL that a request can be sent to")
    if (trouble := _cause(error, ssl.SSLError)) and not isinstance(trouble, _CUT_OFF):
        return question.misconfigured(_tls_trouble(trouble), _CHECK_TLS)
    if isinstance(error, UnreadReplyError):
        return question.unavailable(str(error), retry_after=_UNREAD_PAUSE, unread=True)
    never_connected = isinstance(
        error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.ProxyError
    )
    sent = not (unsent or never_connected)
    return question.unavailable(_silence(error), sent=sent, unanswered=sent)


def json_object(reply: httpx2.Response, names: Mapping[str, str] = RFC_6749_NAMES) -> dict[str, Json] | None:
    """The body as a JSON object, or None when it is anything else, or has more values than any reply needs."""
    content = reply.content
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return {names.get(name, name): value for name, value in body.items()} if isinstance(body, dict) else None


def error_words(body: JsonObject) -> frozenset[str]:
    """What a reply says went wrong, from every place where vendors put it: `error`, `error.code`, `error.type`."""
    error = body.get("error")
    candidates = (error.get("code"), error.get("type")) if isinstance(error, dict) else (error,)
    return frozenset(word.strip().lower() for word in candidates if isinstance(word, str) and word.strip())


def reason_of(question: RequestContext, status: int, body: JsonObject | None) -> str:
    """The vendor's own words for people, redacted."""
    body = body or {}
    error = body.get("error")
    if isinstance(error, dict):
        parts = [error.get("code") or error.get("type"), error.get("message")]
    else:
        parts = [error, body.get("error_description") or body.get("message")]
    said = ": ".join(part for part in parts if isinstance(part, str) and part.strip())
    return f"HTTP {status}, {shown(said, question.secrets)}" if said else f"HTTP {status}"


def _refused(question: RequestContext, reason: str) -> OAuthError:
    if question.asked in {"code", "approval"}:
        return ExchangeRefusedError(question.vendor, reason)
    return question.unavailable(reason)  # no word that we know: never take a login for dead on a guess


def _unusable(question: RequestContext, body: JsonObject) -> OAuthError | None:
    """What is wrong with a token reply that reports no error."""
    if question.asked in {"approval", "other"}:
        return None
    if not is_token(body.get("access_token")):
        return question.unavailable("a reply without a usable access_token", unread=True)
    refresh_token = body.get("refresh_token")  # dropped, a long one would leave a login that nobody can renew
    if isinstance(refresh_token, str) and len(refresh_token) > LONGEST_TOKEN:
        return question.unavailable("a reply with a refresh_token of more than 64 kB", unread=True)
    kind = body.get("token_type")
    if isinstance(kind, str) and kind.lower() in _PROOF_BOUND:
        return question.misconfigured(f"it gives {kind} tokens, which are bound to a key that we do not have")
    return None


def is_token(value: Json) -> bool:
    """Whether this can be a token at all: visible ASCII (RFC 6749 A.12), so that it fits a header and the file."""
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN:
        return False
    return value.isascii() and value.isprintable() and bool(value.strip())


def _retry_after(reply: httpx2.Response, now: float) -> float | None:
    """Seconds from the `Retry-After` header, which gives seconds or a date (RFC 9110 10.2.3)."""
    value = reply.headers.get("retry-after", "").strip()[:_LONGEST_DATE]
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_WAIT)
    until = read_date(value)
    return None if until is None else min(max(until - now, 0.0), _LONGEST_WAIT)


def read_date(value: str) -> float | None:
    """Unix seconds of a date in a header (RFC 9110 5.6.7), or None when it is none."""
    try:
        return parsedate_to_datetime(value[:_LONGEST_DATE]).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    seen = 0
    while error is not None and seen < 8:  # noqa: PLR2004  # a chain of causes has no honest reason to be longer
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
        seen += 1
    return None


def _tls_trouble(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate could not be verified: {shown(error.verify_message)}"
    reason = str(getattr(error, "reason", None) or "the handshake failed")
    return f"no secure connection could be made: {shown(reason.lower().replace('_', ' '))}"


def _silence(error: Exception) -> str:
    """A sentence of ours: the library's own message may quote what the server sent."""
    match error:
        case TimeoutError() | httpx2.TimeoutException():
            return "no answer in time"
        case httpx2.ProxyError():
            return "the proxy did not let us through"
        case httpx2.ConnectError():
            return "no connection"
        case _ if type(error).__module__.startswith("openab_auth."):
            return str(error)
        case _:
            return "the connection was cut"
