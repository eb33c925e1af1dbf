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
_OTHER_TROUBLE: Final = frozenset({"invalid_client", "invalid_scope", "invalid_target", "unsupported_grant_type"})
_CODE_MEMBERS: Final = (
    "error", "code", "type", "__type", "status", "suberror", "error_subtype", "error_code", "errorCode", "message",
)  # fmt: skip
_TEXT_MEMBERS: Final = ("error", "error_description", "message", "msg", "detail", "reason", "title", "description")
_CLEAR_STATUS: Final = frozenset({200, 400, 401, 403, 404, 410, 422})
_PROSE_STATUS: Final = frozenset({400, 401, 403, 422})
_LONGEST: Final = 1000  # characters of one member that are read

_SUBJECT: Final = r"refresh[ _-]?token\b(?![ _-](?:grant|type|flow|request|endpoint|service|parameter|rotation))"
_OVER: Final = (
    r"(?:invalid|invalidated|expired|revoked|unknown|incorrect|malformed|inactive|blacklisted|superseded|deleted"
    r"|rejected|unrecogni[sz]ed|reused?|not (?:valid|found|active|recogni[sz]ed)|no longer|already (?:been )?used"
    r"|(?:does not|doesn't) exist)"
)
_PROSE: Final = re.compile(
    rf"\b{_OVER}(?:,? (?:or )?\w+){{0,2}},? {_SUBJECT}"  # invalid refresh token, expired or revoked refresh token
    rf"|{_SUBJECT}[^.;\n]{{0,60}}?\b{_OVER}\b"  # the refresh token has expired
    r"|(?<!access )(?<!api )(?<!client )(?<!csrf )\btoken (?:has |is |was )(?:been )?(?:expired|revoked)\b"  # Google's
    r"|\b(?:sign|log)(?:ing)?[ -]?in again\b|\bre-?(?:authenticate|authori[sz]e|log[ -]?in)\b|\bnew login\b"
    r"|\bsession (?:has |is |was )?(?:been )?(?:expired|ended|revoked|terminated)\b",
    re.IGNORECASE,
)
_MAY_PASS: Final = re.compile(
    r"temporar|try(?:ing)? again|later|retry|rate.?limit|too many|unavailable|time[ds]? ?out|timeout|overload"
    r"|maintenance|internal (?:server )?error|outage",
    re.IGNORECASE,
)


def refresh_token_is_over(status: int, body: Mapping[str, Json]) -> bool:
    """Return whether the answer to a refresh says clearly that the refresh token will never work again.

    A known error code counts in each member where servers put one. Otherwise a sentence counts that calls the refresh
    token invalid, expired or revoked, or that asks for a new sign-in, unless it also speaks of trouble that may pass.
    """
    if status not in _CLEAR_STATUS or (status == 200 and "access_token" in body):  # noqa: PLR2004 - OK, with a token
        return False
    codes = frozenset(map(_code, _strings(body, _CODE_MEMBERS)))
    if codes & _WORDS:
        return True
    if status not in _PROSE_STATUS or codes & _OTHER_TROUBLE:
        return False
    said = list(_strings(body, _TEXT_MEMBERS))
    return any(map(_PROSE.search, said)) and not any(map(_MAY_PASS.search, said))


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
