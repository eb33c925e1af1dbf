"""Judge a vendor's reply: each case has one error class. `no_reply` judges a request without a reply.

The error codes are those of RFC 6749 5.2 and their variants at vendors. A login counts as dead only if the vendor
clearly says so; every failure that could pass by itself is transient.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final, TypeAlias

import httpx2

from openab_auth.oauth.client.replies.dead_refresh import TELLING_MEMBERS, codes_of, may_pass, refresh_token_is_over
from openab_auth.oauth.client.replies.refusal_text import refusal_without_object, texts_of
from openab_auth.oauth.errors import (
    Asked,
    ClientRefusedError,
    ExchangeRefusedError,
    LoginDeadError,
    OAuthError,
    RefreshRefusedError,
    VendorMisconfiguredError,
    VendorUnavailableError,
    redact,
)
from openab_auth.storage.entries import Json
from openab_auth.storage.secret import Secret

JsonObject: TypeAlias = Mapping[str, Json]

RFC_6749_NAMES: Final[Mapping[str, str]] = MappingProxyType({})  # vendors with other member names have a table of them
_UNKNOWN_CLIENT: Final = frozenset(
    {
        "bad_client_secret",  # Slack's, also the next one
        "invalid_client_id",
        "incorrect_client_credentials",  # GitHub's
        "invalid_client",
        "unauthorized_client",
    }
)
_OUR_FAULT: Final = frozenset(
    {
        "device_flow_disabled",  # GitHub's
        "invalid_scope",
        "invalid_target",
        "unsupported_grant_type",
    }
)
_OF_TABLE: Final = re.compile(  # what an operator can mend, in the description of an `invalid_request`
    r"(?i)\b(?:parameters?|missing|required?|unsupported|malformed|body|client_id|grant_type|scopes?|resource|audience"
    r"|methods?|authentication|credentials)\b"
)
_REUSE: Final = re.compile(r"(?i)(\b|_)re-?used?\b|\balready (been )?(used|spent|redeemed)|\b(used|spent) already")
_ELSEWHERE: Final = "; another tool, or a copy of this store, has used this refresh token"
_NOT_NOW: Final = frozenset(  # the server did not process the request; as `codes_of` spells them
    {
        "overloaded",
        "rate_limit",
        "rate_limit_exceeded",
        "rate_limited",
        "ratelimited",  # Slack
        "slow_down",
        "temporarily_unavailable",
        "throttled",
        "throttling",  # AWS, also the next one
        "too_many_requests",
    }
)
_PASSING: Final = _NOT_NOW | {"server"}
LONGEST_TOKEN: Final = 2**16  # bytes; every commit rewrites the file, and everybody waits for it
_PROOF_BOUND: Final = frozenset({"dpop", "mac", "pop"})  # token types that also need a key
_TOO_MANY: Final = 429
_TRANSIENT_STATUS: Final = frozenset({408, 425, _TOO_MANY})
_ABSENT: Final = frozenset({404, 405, 410})
_UNPROCESSED_STATUS: Final = frozenset({425, _TOO_MANY, 503, 529})  # RFC 8470 5.2, RFC 6585 4, RFC 9110 15.6.4; Claude
_STOPPED_STATUS: Final = frozenset({407, 511})  # by a proxy: RFC 9110 15.5.8, RFC 6585 6
_FORBIDDEN: Final = 403  # with Retry-After, it limits the rate (GitHub)
_REGION: Final = "unsupported_country_region_territory"  # OpenAI's word for an address in a country without service
_REFUSING_STATUS: Final = frozenset({400, 401})  # RFC 6749 5.2
_LONGEST_WAIT: Final = 24 * 3600.0
_UNREAD_PAUSE: Final = 10.0  # seconds; what cannot be read now will hardly be readable in a moment
_LONGEST_DATE: Final = 64  # characters of a header that holds a date or a number of seconds
_MOST_VALUES: Final = 10_000  # in one JSON document; a value costs more time than its bytes suggest

_OTHER_WAY: Final = "the operator must give this machine another way to the vendor (its network, or a proxy)"
_CHECK_CLIENT: Final = (
    "the operator must compare this vendor's table (client id, secret, token_endpoint_auth_method of an MCP server) "
    "with the vendor's documentation"
)
CHECK_TABLE: Final = "the operator must compare this vendor's table with the vendor's documentation"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Describe a request; `secrets` were sent in it, and are never shown if the reply repeats them."""

    vendor: str
    tenant: str
    asked: Asked
    secrets: tuple[Secret, ...] = ()

    def unavailable(  # noqa: PLR0913 - the facts about request and answer
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        processed: bool = True,
        unanswered: bool = False,
        unread: bool = False,
        todo: str = "",
    ) -> VendorUnavailableError:
        """Return the error for a request without a usable answer; after an `unread` answer nobody asks for 10 s."""
        return VendorUnavailableError(
            self.vendor,
            reason,
            asked=self.asked,
            retry_after=_UNREAD_PAUSE if unread else retry_after,
            processed=processed,
            unanswered=unanswered,
            unread=unread,
            todo=todo,
        )

    def misconfigured(
        self, reason: str, todo: str = CHECK_TABLE, *, processed: bool = True
    ) -> VendorMisconfiguredError:
        """Return the error for a wrong client or wrong settings; a code counts as used if it was `processed`."""
        return VendorMisconfiguredError(self.vendor, reason, todo, asked=self.asked, processed=processed)


def judge_reply(
    context: RequestContext, reply: httpx2.Response, *, now: float, names: Mapping[str, str] = RFC_6749_NAMES
) -> JsonObject:
    """Return the JSON of a good reply; `names` maps the vendor's member names to the standard ones.

    Raises:
        LoginDeadError: the vendor refused the refresh token for good (`dead_refresh` knows the words).
        RefreshRefusedError: the vendor refused a refresh in unknown words.
        ExchangeRefusedError: the vendor refused the code.
        VendorUnavailableError: 5xx, 429, or a page instead of JSON; it may pass.
        VendorMisconfiguredError: the vendor refuses this client, or the endpoint does not exist.
    """
    body = json_object(reply, names)
    if error := _fault(context, reply, body, now):
        raise error
    return body or {}


def _fault(context: RequestContext, reply: httpx2.Response, body: JsonObject | None, now: float) -> OAuthError | None:
    """Return the error of a reply, or None; checked in order: transient trouble, error codes, endpoint, shape."""
    words, status = error_words(body or {}), reply.status_code
    said = refusal_without_object(reply) if body is None else body
    reason = reason_of(context, status, said)
    codes = frozenset[str]() if is_token(said.get("access_token")) else codes_of(said)
    error: OAuthError | None
    unprocessed = status in _UNPROCESSED_STATUS or bool(_NOT_NOW & codes) or _is_stopped(reply)
    if status >= httpx2.codes.INTERNAL_SERVER_ERROR or status in _TRANSIENT_STATUS or _PASSING & codes or unprocessed:
        error = context.unavailable(reason, retry_after=_retry_after(reply, now), processed=not unprocessed)
    elif _REGION in reason:
        error = context.unavailable(reason, processed=False, todo=_OTHER_WAY)
    elif status in range(300, 400):
        error = context.misconfigured(
            f"HTTP {status}: it redirects, and a request with a secret never follows a redirect"
        )
    elif error := _refused_refresh(context, reply, said, reason):
        pass
    elif _UNKNOWN_CLIENT & (words | codes):
        error = ClientRefusedError(context.vendor, reason, _CHECK_CLIENT, asked=context.asked)
    elif _OUR_FAULT & words:
        error = context.misconfigured(reason)
    elif status in _ABSENT:
        error = context.misconfigured(f"{reason}: there is no such endpoint")
    elif body is None:
        error = context.unavailable(
            f"HTTP {status} without JSON, perhaps a proxy's page",
            retry_after=_retry_after(reply, now),
            processed=reply.is_success or not _is_page(reply),  # a proxy or a bot check stopped the request
            unread=reply.is_success,
        )
    elif words or not reply.is_success:
        coded = context.asked in {"code", "approval"}
        error = ExchangeRefusedError(context.vendor, reason) if coded else context.unavailable(reason)
    else:
        error = _unusable(context, body)
    return error


def _refused_refresh(
    context: RequestContext, reply: httpx2.Response, said: JsonObject, reason: str
) -> OAuthError | None:
    """Return the error of a refusal of the refresh token, or None for every other reply."""
    words, status = error_words(said), reply.status_code
    if context.asked != "refresh":
        return None
    if refresh_token_is_over(status, said):
        return LoginDeadError(context.tenant, f"{reason}{_ELSEWHERE if _REUSE.search(reason) else ''}")
    if (_UNKNOWN_CLIENT | _OUR_FAULT) & (words | codes_of(said)):
        return None
    if "invalid_request" in words and _OF_TABLE.search(reason):
        return context.misconfigured(reason)
    refuses = bool(words) if reply.is_success else status in _REFUSING_STATUS
    if refuses and texts_of(said) and not may_pass(said):
        return RefreshRefusedError(context.vendor, reason)  # in unknown words: never guess that a login is dead
    return None


def _is_stopped(reply: httpx2.Response) -> bool:
    """Return whether something in between stopped the request: a proxy, a bot check or a rate limit."""
    limited = reply.status_code == _FORBIDDEN and "retry-after" in reply.headers
    return reply.status_code in _STOPPED_STATUS or limited or "cf-mitigated" in reply.headers


def _is_page(reply: httpx2.Response) -> bool:
    return "html" in reply.headers.get("content-type", "") or reply.content.lstrip()[:1] == b"<"


def json_object(reply: httpx2.Response, names: Mapping[str, str] = RFC_6749_NAMES) -> dict[str, Json] | None:
    """Return the body as a JSON object; None if it is something else or has too many values."""
    content = reply.content
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return {names.get(name, name): value for name, value in body.items()} if isinstance(body, dict) else None


def error_words(body: JsonObject) -> frozenset[str]:
    """Return the error codes of a reply, from every place that vendors use: `error`, `error.code`, `error.type`."""
    error = body.get("error")
    candidates = (error.get("code"), error.get("type")) if isinstance(error, dict) else (error,)
    return frozenset(word.strip().lower() for word in candidates if isinstance(word, str) and word.strip())


def reason_of(context: RequestContext, status: int, body: JsonObject | None) -> str:
    """Return the vendor's own explanation, redacted."""
    body = body or {}
    error = body.get("error")
    if isinstance(error, dict):
        parts = [error.get("code") or error.get("type"), error.get("message")]
    else:
        parts = [error, body.get("error_description") or body.get("message")]
    said = ": ".join(part for part in parts if isinstance(part, str) and part.strip())
    said = said or ": ".join([text for name, text in texts_of(body) if name in TELLING_MEMBERS][:2])
    return f"HTTP {status}, {redact(said, context.secrets)}" if said else f"HTTP {status}"


def _unusable(context: RequestContext, body: JsonObject) -> OAuthError | None:
    """Return the error of a token reply that reports none itself, or None."""
    if context.asked in {"approval", "other"}:
        return None
    if not is_token(body.get("access_token")):
        return context.unavailable("a reply without a usable access_token", unread=True)
    refresh_token = body.get("refresh_token")  # dropped, a long one would leave a login that nobody can renew
    if isinstance(refresh_token, str) and len(refresh_token) > LONGEST_TOKEN:
        return context.unavailable("a reply with a refresh_token of more than 64 kB", unread=True)
    kind = body.get("token_type")
    if isinstance(kind, str) and kind.lower() in _PROOF_BOUND:
        return context.misconfigured(f"it gives {kind} tokens, which need a key that we do not have")
    return None


def is_token(value: Json) -> bool:
    """Return whether this can be a token: visible ASCII (RFC 6749 A.12) that fits a header and the file."""
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN:
        return False
    return value.isascii() and value.isprintable() and bool(value.strip())


def _retry_after(reply: httpx2.Response, now: float) -> float | None:
    """Return the seconds in the `Retry-After` header, which holds seconds or a date (RFC 9110 10.2.3)."""
    value = reply.headers.get("retry-after", "").strip()[:_LONGEST_DATE]
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_WAIT)
    until = read_date(value)
    return None if until is None else min(max(until - now, 0.0), _LONGEST_WAIT)


def read_date(value: str) -> float | None:
    """Return the unix seconds of a date in a header (RFC 9110 5.6.7), or None."""
    try:
        return parsedate_to_datetime(value[:_LONGEST_DATE]).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
