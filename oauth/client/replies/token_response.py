"""Read a token response (RFC 6749 5.1): its tokens, their lifetime and scopes, and the account."""

from __future__ import annotations

import json
import logging
import math
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from openab_auth.oauth.client.oauth_client import OAuthClient, SecretMethod
from openab_auth.oauth.client.replies.json_path import value_at_path
from openab_auth.oauth.client.replies.subject import subject_ids
from openab_auth.oauth.client.replies.verdict import LONGEST_TOKEN, JsonObject, is_token
from openab_auth.oauth.client.scopes import scopes_of
from openab_auth.oauth.errors import one_line, remove_secrets
from openab_auth.storage.entries import NEVER, Json
from openab_auth.storage.secret import Secret

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)
_ASSUMED: Final = 3600  # seconds
_TIMES: Final = ("expires_at", "expiresAt", "expires_on")  # Supabase and Strava; AWS; Entra's first version
_SHORTEST_TIME: Final = 1e9  # seconds; a smaller number is a lifetime
_SHORTEST_MILLISECONDS: Final = 1e11
_MOST_SCOPES: Final = 100  # stored in a login's note, for people to read
_TOKENS: Final = ("access_token", "refresh_token", "id_token")


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """Hold the tokens of one login; `expires_at` is in unix seconds, and `account` is only a label for people.

    Empty `scopes` mean that the server granted the requested scopes (RFC 6749 5.1). `issuer` is set for a login at an
    MCP server. `subject` holds hashes of the account's fixed identifiers (`subject_ids`). `auth_method` is how a client
    with a secret authenticated when its code was taken.
    """

    access_token: Secret
    refresh_token: Secret | None
    expires_at: int
    scopes: tuple[str, ...] = ()
    account: str | None = None
    issuer: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)
    auth_method: SecretMethod | None = None


def read_token_response(
    client: OAuthClient, reply: JsonObject, *, now: float, sent: Iterable[Secret] = (), renewable: bool = False
) -> TokenResponse:
    """Return the token response in `reply`, which `judge_reply` accepted.

    `renewable` says that the login has a refresh token already, so that the reply need not contain one. The account's
    label contains no token and none of the `sent` secrets.
    """
    refresh_token = reply.get("refresh_token")
    claims: Mapping[str, Json] = _or(lambda: jwt_claims(reply.get("id_token")), dict[str, Json]())

    def account() -> str | None:
        found = account_label(client, claims, reply)
        tokens = (Secret(value[:LONGEST_TOKEN]) for name in _TOKENS if isinstance(value := reply.get(name), str))
        return remove_secrets(found, (*sent, *tokens)) if found else None

    return TokenResponse(
        access_token=Secret(str(reply["access_token"])),
        refresh_token=Secret(str(refresh_token)) if is_token(refresh_token) else None,
        expires_at=_expires_at(client, reply, now, renewable=renewable or is_token(refresh_token)),
        scopes=_or(lambda: scopes_of(reply.get("scope"))[:_MOST_SCOPES], ()),
        account=_or(account, None),
        subject=_or(lambda: subject_ids(client, claims, reply), dict[str, str]()),
    )


def _or(read: Callable[[], T], default: T) -> T:
    """Return the result of `read`, or `default` on an error: a label for people must not cost a token."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - whatever happens, the tokens are there
        _log.warning("a part of a token reply could not be read (%s)", type(error).__name__)
        return default


def account_label(client: OAuthClient, *sources: Mapping[str, Json]) -> str | None:
    """Return the first label at `account_label_path` in the sources, or None."""
    if not client.account_label_path:
        return None
    for source in sources:
        found = value_at_path(dict(source), client.account_label_path)
        if isinstance(found, str) and (text := one_line(found)):
            return text
    return None


def jwt_claims(token: Json) -> dict[str, Json]:
    """Return the claims of a token that is a JWT (RFC 7519) without checking its signature; empty for other tokens.

    The token came over TLS from its issuer, and OpenID Connect Core 3.1.3.7 (6) accepts TLS instead of the signature.
    """
    if not (isinstance(token, str) and is_token(token)):  # also when it is too long to be worth decoding
        return {}
    try:
        payload = token.split(".", 2)[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _expires_at(client: OAuthClient, reply: JsonObject, now: float, *, renewable: bool) -> int:
    """Return the expiry in unix seconds, from the first of these that says it.

    These are `expires_in` (RFC 6749 5.1), the time in `expires_at` or `expires_on`, the `exp` of an access token that
    is a JWT (RFC 9068 2.2), and the client's `token_lifetime`. Otherwise an hour is assumed. But a token that nobody
    can renew is good until a server refuses it.
    """
    times = [reply.get(name) for name in _TIMES]
    lifetime = _seconds(reply.get("expires_in"))
    if lifetime and lifetime >= _SHORTEST_TIME:
        times.insert(0, lifetime)  # no lifetime of decades, but a time
    elif lifetime:
        return int(now + lifetime)
    for end in (*map(_unix_seconds, times), _unix_seconds(jwt_claims(reply.get("access_token")).get("exp"))):
        if end and end > now:
            return int(min(end, NEVER))
    return int(min(now + (client.token_lifetime or (_ASSUMED if renewable else NEVER)), NEVER))


def _unix_seconds(value: Json) -> float | None:
    """Return a time in unix seconds that is given in seconds, in milliseconds or as a date (RFC 3339); else None."""
    if (seconds := _seconds(value)) is not None:
        return seconds / 1000 if seconds >= _SHORTEST_MILLISECONDS else seconds
    try:
        date = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return None if date is None else (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(value: Json) -> float | None:
    """Return a positive number of seconds; None where there is none, or an absurd one."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            seconds = float(value)
        except (ValueError, OverflowError):
            return None
        return seconds if math.isfinite(seconds) and seconds > 0 else None
    return None
