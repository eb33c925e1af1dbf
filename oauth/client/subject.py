"""Whose account a login is, by identifiers that its vendor never changes; a label such as an e-mail decides nothing.

`sub` names an account together with the issuer of the id_token (OpenID Connect Core 5.7); `account` is a vendor's
own id.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client.json_path import value_at_path
from openab_auth.storage.records.notes import Subject
from openab_auth.storage.secret import Secret

if TYPE_CHECKING:
    from openab_auth.oauth.client.oauth_client import OAuthClient
    from openab_auth.storage.entries import Json

_KEPT: Final = 32  # hexadecimal digits of a hash


def subject_ids(client: OAuthClient, claims: Mapping[str, Json], reply: Mapping[str, Json]) -> dict[str, str]:
    """Return a hash of each identifier by its kind, the one that names a person first; empty where there is none."""
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
    """Return whether the tokens of `given` are certainly another account's than those of the `posted` refresh token.

    The first kind that both have decides. Where they share none, nobody can tell, and nobody is refused.
    """
    if known is None or known.fingerprint != posted.fingerprint():
        return False
    shared = (kind for kind in given if kind in known.ids)
    return any(known.ids[kind] != given[kind] for kind in list(shared)[:1])


def renewed_subject(known: Subject | None, posted: Secret, given: Mapping[str, str], token: Secret) -> Subject | None:
    """Return what is known of the account now that `token` took the place of the `posted` one."""
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
