"""Recognise that a server will never accept a refresh token again (RFC 6749 5.2).

The standard has one word for it, `invalid_grant`. Servers use many others, in other members of the reply, or only a
sentence. A reply that may be an outage never counts: a login that is called dead is lost to the whole fleet.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Final

from openab_auth.oauth.client.replies.refusal_text import LONGEST_TEXT, snake_case, texts_of
from openab_auth.storage.entries import Json

_WORDS: Final = frozenset(
    {
        "account_selection_required",  # OpenID Connect Core 3.1.2.6, also the next ones; Entra answers a refresh so
        "consent_required",
        "expired_token",
        "interaction_required",
        "invalid_grant",  # RFC 6749 5.2
        "invalid_rapt",  # Google: the organisation wants a new sign-in
        "login_required",
        "mfa_required",  # Auth0
        "session_expired",  # Supabase
        "session_not_found",
        "token_expired",  # OpenAI, Slack, Firebase
        "token_invalidated",
        "token_not_valid",  # Simple JWT
        "token_revoked",
        "user_disabled",  # Firebase, also the next one
        "user_not_found",
    }
)
_GRANT_WORD: Final = (
    re.compile(  # codes that name the refresh token: GitHub, HubSpot, OpenAI, Slack, Firebase, Supabase
        r"invalid_grant"
        r"|(?:(?!not_|to_)[a-z0-9]+_){0,3}(?:"
        r"(?:bad|expired|inactive|invalid|reused|revoked|unknown|used)_refresh_?token"
        r"|refresh_?token_(?:(?:is|was|has|has_been|already)_)*"
        r"(?:blacklisted|expired|inactive|invalid|invalidated|not_found|not_valid|reused|revoked|unknown|used))"
    )
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
_OF_THE_CLIENT: Final = frozenset({"invalid_client", "invalid_scope", "invalid_target", "unsupported_grant_type"})
_CODE_MEMBERS: Final = frozenset(
    {"error", "code", "type", "__type", "suberror", "error_subtype", "error_code", "errorcode", "errcode"}
)
_SENTENCE_MEMBERS: Final = frozenset(
    {
        *("error", "errors", "error_description", "error_message", "error_msg", "errmsg", "error_summary"),
        *("message", "long_message", "msg", "detail", "details", "reason", "title", "description", "faultstring"),
    }
)
TELLING_MEMBERS: Final = _CODE_MEMBERS | _SENTENCE_MEMBERS
_OTHER_CODE_MEMBERS: Final = _SENTENCE_MEMBERS | {"status"}  # only words about the grant count
_PASSING_STATUS: Final = frozenset({407, 408, 409, 423, 425, 429, 451})
_CODE_STATUS: Final = frozenset({200, 400, 401})  # 403 may be a gate's in between

# The words stand close together: "failed to refresh token: invalid reply" is an outage.
_SUBJECT: Final = r"(?<!to )(?<!not )\brefresh[ _-]?token"
_OVER: Final = (
    r"(?:(?:already |no longer |been |already been )?"
    r"(?:invalid|expired|revoked|inactive|used|reused|unknown|valid|active|incorrect|blacklisted)"
    r"|not (?:valid|found|active|recogni[sz]ed))"
)
_END: Final = r"(?=\s*(?:$|[.,;!)\"'\]]|or\b|and\b|provided|supplied|given|due to\b|by (?:the|an?) (?:user|admin)))"
_PROSE: Final = re.compile(
    rf"\b(?:invalid|expired|revoked|unknown) {_SUBJECT.replace('(?<!to )(?<!not )', '')}s?{_END}"
    rf"|{_SUBJECT} (?:is|was|has|has been|is an?) (?!valid|active|used\b){_OVER}{_END}"
    rf"|{_SUBJECT} (?:does not|doesn't|no longer) exists?{_END}"
    rf"|(?:^|[.;:] )(?<!verify: )(?:the |your )?{_SUBJECT} (?:expired|revoked|not found|reuse detected){_END}",
    re.IGNORECASE,
)
_MAY_PASS: Final = re.compile(
    r"temporar|try(?:ing)? again|later|retry|rate.?limit|too many|unavailable|time[ds]? ?out|timeout|overload"
    r"|maintenance|internal|outage|in progress|busy|upstream|nonce|parameter|database|replica|\block\b|\bdown\b"
    r"|(?:cannot|can't|could not|couldn't|unable to|failed to) (?:be )?(?:verif|reach|connect|contact|look)"
    r"|unreachable|throttl|quota|unexpected error"
    r"|(?:connection|network) (?:closed|error|failed|failure|lost|problem|refused|reset|trouble)",
    re.IGNORECASE,
)


def refresh_token_is_over(status: int, body: Mapping[str, Json]) -> bool:
    """Return whether the answer to a refresh says clearly that the refresh token will never work again.

    A known error code counts in each member where servers put one. So does a sentence that calls the refresh token
    invalid, expired or revoked. An answer that also speaks of trouble with the client, or of trouble that may pass,
    never counts. With 403 and rarer statuses, which gates in between use, only words about the grant or the refresh
    token count.
    """
    if not (status in range(400, 500) or (status == 200 and _tells_trouble(body))) or status in _PASSING_STATUS:  # noqa: PLR2004
        return False
    texts = texts_of(body)
    codes = codes_of(body) | _inner_messages(body)
    others = _codes(texts, _OTHER_CODE_MEMBERS)
    if may_pass(body) or (codes | others) & _OTHER_TROUBLE:
        return False
    if any(map(_GRANT_WORD.fullmatch, codes | others)) or (status in _CODE_STATUS and codes & _WORDS):
        return True
    return any(_PROSE.search(text) for name, text in texts if name in _SENTENCE_MEMBERS)


def may_pass(body: Mapping[str, Json]) -> bool:
    """Return whether the answer speaks of trouble that may pass by itself."""
    texts = texts_of(body)
    codes = _codes(texts, TELLING_MEMBERS | _OTHER_CODE_MEMBERS)
    sentences = (text for name, text in texts if name in _SENTENCE_MEMBERS)
    return bool(codes & (_OTHER_TROUBLE - _OF_THE_CLIENT)) or any(map(_MAY_PASS.search, sentences))


def codes_of(body: Mapping[str, Json]) -> frozenset[str]:
    """Return the error codes in a reply, at any depth, as RFC 6749 would spell them, without the end `_error`."""
    return _codes(texts_of(body), _CODE_MEMBERS)


def _codes(texts: Iterable[tuple[str, str]], members: Container[str]) -> frozenset[str]:
    return frozenset(_code(text) for name, text in texts if name in members)


def _tells_trouble(body: Mapping[str, Json]) -> bool:
    """Return whether a reply with status 200 is no token response, but a refusal (GitHub, Slack)."""
    return "access_token" not in {name for name, _ in texts_of(body)}


def _inner_messages(body: Mapping[str, Json]) -> frozenset[str]:
    """Return the `message` of the `error` object, where Firebase puts its codes."""
    error = body.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return frozenset({_code(message[:LONGEST_TEXT])} if isinstance(message, str) else ())


def _code(text: str) -> str:
    """Return an error code as RFC 6749 would spell it: `InvalidGrantException` becomes `invalid_grant`.

    A code may end a URI (RFC 9457 3.1.1) or a dotted name, such as `oauth.v2.InvalidRefreshToken`.
    """
    word = text.strip().rstrip(".!")
    last = re.split(r"[/#.:]", word)[-1] if not re.search(r"\s", word) else word
    return snake_case(last).removesuffix("_exception").removesuffix("_error")
