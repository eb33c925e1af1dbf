"""A token reply (RFC 6749 5.1) into a grant: when it expires, what it allows, and whose it is."""

from __future__ import annotations

import json
import logging
import math
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from openab_auth.oauth.client.json_path import value_at_path
from openab_auth.oauth.client.oauth_client import OAuthClient
from openab_auth.oauth.client.scopes import scopes_of
from openab_auth.oauth.client.subject import subject_ids
from openab_auth.oauth.client.verdict import LONGEST_TOKEN, JsonObject, is_token
from openab_auth.oauth.errors import one_line, remove_secrets
from openab_auth.storage.entries import NEVER, Json
from openab_auth.storage.secret import Secret

T = TypeVar("T")
_log: Final = logging.getLogger(__name__)
_MOST_SCOPES: Final = 100  # remembered beside a login, for people to read
_TOKENS: Final = ("access_token", "refresh_token", "id_token")


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """What the vendor gave; `expires_at` is in unix seconds, `account` a label for people and nothing more.

    `scopes` is empty when the reply names none: they are then what was asked for (RFC 6749 5.1). `issuer` is the
    authorization server of a login at an MCP server. `subject` says whose it is, by hashes of what never changes.
    """

    access_token: Secret
    refresh_token: Secret | None
    expires_at: int
    scopes: tuple[str, ...] = ()
    account: str | None = None
    issuer: str | None = None
    subject: Mapping[str, str] = field(default_factory=dict)


def read_token_response(
    client: OAuthClient, reply: JsonObject, *, now: float, sent: Iterable[Secret] = ()
) -> TokenResponse:
    """The grant in a token reply that `oauth.verdict` let pass; no label of it shows a token or what was `sent`."""
    refresh_token = reply.get("refresh_token")
    claims: Mapping[str, Json] = _or(lambda: id_token_claims(reply.get("id_token")), dict[str, Json]())

    def account() -> str | None:
        found = account_label(client, claims, reply)
        tokens = (Secret(value[:LONGEST_TOKEN]) for name in _TOKENS if isinstance(value := reply.get(name), str))
        return remove_secrets(found, (*sent, *tokens)) if found else None

    return TokenResponse(
        access_token=Secret(str(reply["access_token"])),
        refresh_token=Secret(str(refresh_token)) if is_token(refresh_token) else None,
        expires_at=_expires_at(reply.get("expires_in"), client.token_lifetime, now),
        scopes=_or(lambda: scopes_of(reply.get("scope"))[:_MOST_SCOPES], ()),
        account=_or(account, None),
        subject=_or(lambda: subject_ids(client, claims, reply), dict[str, str]()),
    )


def _or(read: Callable[[], T], default: T) -> T:
    """Return what `read` finds, or `default`: nothing that is only for people to read may cost a token."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - whatever it is, the tokens are here
        _log.warning("a part of a token reply could not be read (%s)", type(error).__name__)
        return default


def account_label(client: OAuthClient, *sources: Mapping[str, Json]) -> str | None:
    """The first label that the vendor's `account_label_path` finds in the sources."""
    if not client.account_label_path:
        return None
    for source in sources:
        found = value_at_path(dict(source), client.account_label_path)
        if isinstance(found, str) and (text := one_line(found)):
            return text
    return None


def id_token_claims(token: Json) -> dict[str, Json]:
    """The claims of an id_token, unverified: it came over TLS from its issuer.

    OpenID Connect Core 3.1.3.7 (6) lets TLS stand for the signature there.
    """
    if not (isinstance(token, str) and is_token(token)):  # longer than a token may be: no label is worth its decoding
        return {}
    try:
        payload = token.split(".", 2)[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _expires_at(expires_in: Json, default: int, now: float) -> int:
    """Unix seconds, within what the file can hold; `default` stands for a lifetime that is missing or absurd."""
    lifetime = float(default)
    if isinstance(expires_in, int | float | str) and not isinstance(expires_in, bool):
        try:
            said = float(expires_in)
        except (ValueError, OverflowError):
            said = 0.0
        if math.isfinite(said) and said > 0:
            lifetime = said
    return int(min(now + lifetime, NEVER))
