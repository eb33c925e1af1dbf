"""Recognise that a server will never accept a refresh token again (RFC 6749 5.2).

The standard has one word for it, `invalid_grant`. Servers use many others, in other members of the reply, or only a
sentence. A reply that may be an outage never counts: a login that is called dead is lost to the whole fleet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from openab_auth.storage.entries import Json

_WORDS: Final = frozenset(
    {
        "account_selection_required",  # OpenID Connect Core 3.1.2.6, also the next ones; Entra answers a refresh so
        "bad_refresh_token",  # GitHub, HubSpot
        "consent_required",
        "expired_token",
        "interaction_required",
        "invalid_grant",  # RFC 6749 5.2
        "invalid_rapt",  # Google: the organisation wants a new sign-in
        "invalid_refresh_token",  # Slack, Firebase
        "login_required",
        "mfa_required",  # Auth0
        "refresh_token_already_used",  # Supabase
        "refresh_token_expired",  # OpenAI, also the next two
        "refresh_token_invalidated",
        "refresh_token_reused",
        "refresh_token_not_found",  # Supabase
        "refresh_token_revoked",
        "session_expired",  # Supabase
        "session_not_found",
        "token_expired",  # OpenAI, Slack, Firebase
        "token_invalidated",
        "token_revoked",
        "user_disabled",  # Firebase, also the next one
        "user_not_found",
    }
)
_OTHER_TROUBLE: Final = frozenset(  # the client's, or an outage's
    {
        "authorization_pending",
        "internal",
        "internal_server",
        "invalid_client",
        "invalid_scope",
        "invalid_target",
        "overloaded",
        "rate_limit",
        "rate_limit_exceeded",
        "server",
        "slow_down",
        "temporarily_unavailable",
        "too_many_requests",
        "unavailable",
        "unsupported_grant_type",
        "use_dpop_nonce",
    }
)
_CODE_MEMBERS: Final = ("error", "code", "type", "__type", "suberror", "error_subtype", "error_code", "errorCode")
_OTHER_CODE_MEMBERS: Final = ("status", "message")  # also HTTP statuses and sentences; only words about tokens count
_TEXT_MEMBERS: Final = ("error", "error_description", "message", "msg", "detail", "reason", "title", "description")
_CLEAR_STATUS: Final = frozenset({200, 400, 401, 403})
_GONE_STATUS: Final = frozenset({404, 410, 422})  # only for words that name the refresh token
_CODE_STATUS: Final = frozenset({200, 400, 401})  # 403 may be a gate's in between
_PROSE_STATUS: Final = frozenset({400, 401, 403})
_LONGEST: Final = 1000  # characters of one member that are read

# The words stand close together: "failed to refresh token: invalid reply" is an outage.
_SUBJECT: Final = r"(?<!to )(?<!not )\brefresh[ _-]?token"
_OVER: Final = (
    r"(?:(?:already |no longer )?(?:invalid|expired|revoked|inactive|used|reused|unknown|valid|active)"
    r"|not (?:valid|found|active|recogni[sz]ed))"
)
_END: Final = r"(?=\s*(?:$|[.,;!)\"']|or\b|and\b|provided|supplied|given))"
_PROSE: Final = re.compile(
    rf"\b(?:invalid|expired|revoked|unknown) {_SUBJECT.replace('(?<!to )(?<!not )', '')}s?{_END}"
    rf"|{_SUBJECT} (?:is|was|has|has been|is an?) (?!valid|active|used\b){_OVER}{_END}"
    rf"|(?:^|[.;:] )(?<!verify: )(?:the |your )?{_SUBJECT} (?:expired|revoked|not found|reuse detected){_END}",
    re.IGNORECASE,
)
_MAY_PASS: Final = re.compile(
    r"temporar|try(?:ing)? again|later|retry|rate.?limit|too many|unavailable|time[ds]? ?out|timeout|overload"
    r"|maintenance|internal|outage|in progress|busy|upstream|nonce|parameter|database|replica|\block\b|\bdown\b"
    r"|cannot verify",
    re.IGNORECASE,
)


def refresh_token_is_over(status: int, body: Mapping[str, Json]) -> bool:
    """Return whether the answer to a refresh says clearly that the refresh token will never work again.

    A known error code counts in each member where servers put one. So does a sentence that calls the refresh token
    invalid, expired or revoked. An answer that also speaks of trouble with the client, or of trouble that may pass,
    never counts. With 403, which gates in between use, only words about the grant or the refresh token count.
    """
    if status == 200 and not body.get("error"):  # noqa: PLR2004 - OK
        return False
    codes = frozenset(map(_code, (*_strings(body, _CODE_MEMBERS), *_inner_messages(body))))
    others = frozenset(map(_code, _strings(body, _OTHER_CODE_MEMBERS)))
    if may_pass(body) or (codes | others) & _OTHER_TROUBLE:
        return False
    known = codes & _WORDS
    of_the_grant = {word for word in known | (others & _WORDS) if "refresh_token" in word or word == "invalid_grant"}
    if status in _GONE_STATUS:
        return any("refresh_token" in word for word in of_the_grant)
    if (of_the_grant and status in _CLEAR_STATUS) or (known and status in _CODE_STATUS):
        return True
    return status in _PROSE_STATUS and any(map(_PROSE.search, _strings(body, _TEXT_MEMBERS)))


def _inner_messages(body: Mapping[str, Json]) -> list[str]:
    """Return the `message` of the `error` object, where Firebase puts its codes."""
    error = body.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return [message[:_LONGEST]] if isinstance(message, str) else []


def may_pass(body: Mapping[str, Json]) -> bool:
    """Return whether the answer speaks of trouble that may pass by itself."""
    codes = frozenset(map(_code, _strings(body, (*_CODE_MEMBERS, *_OTHER_CODE_MEMBERS))))
    passing = _OTHER_TROUBLE - {"invalid_client", "invalid_scope", "invalid_target", "unsupported_grant_type"}
    return bool(codes & passing) or any(map(_MAY_PASS.search, _strings(body, _TEXT_MEMBERS)))


def _strings(body: Mapping[str, Json], members: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts of these members of the reply, of its `error` object, and of its first error in a list."""
    errors = body.get("errors")
    inner = errors[0] if isinstance(errors, list) and errors else None
    for place in (body, body.get("error"), inner):
        if isinstance(place, Mapping):
            yield from (value[:_LONGEST] for name in members if isinstance(value := place.get(name), str))


def _code(text: str) -> str:
    """Return an error code as RFC 6749 would spell it: `InvalidGrantException` becomes `invalid_grant`."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[ -]", "_", snake).lower().rstrip(".").removesuffix("_exception").removesuffix("_error")
