"""Recognize the account of a login by identifiers that the vendor never changes; an e-mail address is only a label.

`sub` identifies an account together with the issuer of the id_token (OpenID Connect Core 5.7). `account` is the
vendor's own id.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client.replies.json_path import value_at_path
from openab_auth.storage.records.notes import Subject
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client.oauth_client import OAuthClient
    from openab_auth.storage.entries import Json

_KEPT: Final = 32  # hexadecimal digits of a hash


def subject_ids(client: OAuthClient, claims: Mapping[str, Json], reply: Mapping[str, Json]) -> dict[str, str]:
    """Return a hash of each identifier by its kind, `sub` first; empty if there is no identifier."""
    ids = {}
    if (subject := _text(claims.get("sub"))) is not None:
        issuer = _text(claims.get("iss")) or ""
        ids[f"sub {_hash(issuer)}"] = _hash(subject)
    if path := client.account_id_path:
        found = (_text(value_at_path(dict(source), path)) for source in (claims, reply))
        if (account := next(filter(None, found), None)) is not None:
            ids["account"] = _hash(account)
    return ids


def is_other_account(known: Subject | None, posted: Secret, given: Mapping[str, str]) -> bool:
    """Return whether the identifiers in `given` certainly belong to another account than the `posted` refresh token.

    The first kind that both have decides. Without a shared kind the answer is False.
    """
    if known is None or known.fingerprint != posted.fingerprint():
        return False
    shared = (kind for kind in given if kind in known.ids)
    return any(known.ids[kind] != given[kind] for kind in list(shared)[:1])


def renewed_subject(known: Subject | None, posted: Secret, given: Mapping[str, str], token: Secret) -> Subject | None:
    """Return the account's identifiers after `token` has replaced the `posted` refresh token."""
    holds = known is not None and known.fingerprint == posted.fingerprint()
    ids = {**(known.ids if known and holds else {}), **given}
    return Subject(ids, token.fingerprint()) if ids else None


def _text(value: Json) -> str | None:
    """Return an identifier as text; GitHub's are numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _hash(value: str) -> str:
    return sha256(b"openab-auth subject\0" + value.encode("utf-8", "surrogatepass")).hexdigest()[:_KEPT]
