"""Facts about a login that its next refresh needs, for programs that do not have the operator's config.

The facts hold no secret: a secret is named by its environment variable. If they are lost, only a process with the
operator's config can renew the login.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from openab_auth.storage.entries import Json
from openab_auth.storage.records.kind import RecordKind
from openab_auth.storage.secret import Secret


class LoginFacts(NamedTuple):
    """The keys of a vendor's table that a refresh needs, and the logins for which they hold.

    A login is named by the hash of its refresh token. The facts are written before the login, so `fingerprints` also
    has the login that the new one replaces: whichever of the two a killed writer leaves, its facts are there. They say
    nothing about a login that another program has made.
    """

    fingerprints: tuple[str, ...]
    row: Mapping[str, Json]

    def hold_for(self, refresh_token: Secret) -> bool:
        """Return whether these facts belong to the login with this refresh token."""
        return refresh_token.fingerprint() in self.fingerprints

    def taken_over(self, replaced: tuple[str, ...], refresh_token: Secret) -> LoginFacts | None:
        """Return the facts for the renewed login with this token; None unless they hold for one of the `replaced`."""
        if set(replaced).isdisjoint(self.fingerprints):
            return None
        return LoginFacts((*replaced, refresh_token.fingerprint()), self.row)


def _to_json(facts: LoginFacts) -> dict[str, Json]:
    return {"fingerprints": list(facts.fingerprints), "row": dict(facts.row)}


def _from_json(value: object) -> LoginFacts | None:
    match value:
        case {"fingerprints": list(marks), "row": dict(row)} if all(isinstance(mark, str) for mark in marks):
            return LoginFacts(tuple(marks), row)
    return None


FACTS: Final = RecordKind("facts", _to_json, _from_json, may_be_lost=True)
