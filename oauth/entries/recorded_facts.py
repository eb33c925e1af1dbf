"""Write, in the step that writes a login, what its next refresh needs; the functions run under the store's lock."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from openab_auth.storage.errors import StoreUnreadableError
from openab_auth.storage.records.facts import LoginFacts

if TYPE_CHECKING:
    from openab_auth.storage.commit.draft import Draft
    from openab_auth.storage.entries import Json, Tenant
    from openab_auth.storage.secret import Secret


def record_facts(
    draft: Draft, tenant: Tenant, row: Mapping[str, Json], token: Secret, *, posted: Secret | None = None
) -> None:
    """Record `row` for the login with the refresh token `token`; drop the record if there is no row or no token.

    A renewal gives the `posted` token, for which the row holds as well. Facts may be lost, a login may not: an
    unreadable record stays as it is, and does not hold for the new login.
    """
    with suppress(StoreUnreadableError):
        before = draft.facts.get(tenant)
        if not (row and token):
            draft.facts.pop(tenant, None)
            return
        former: tuple[str, ...] = (posted.fingerprint(),) if posted else ()
        if not former and before is not None and before.row == row:
            former = before.fingerprints[-1:]
        draft.facts[tenant] = LoginFacts(tuple(dict.fromkeys((*former, token.fingerprint()))), row)
