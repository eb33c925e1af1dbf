"""Refuse a renewed login that belongs to another account."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.client import is_other_account
from openab_auth.oauth.errors import LoginDeadError

if TYPE_CHECKING:
    from openab_auth.oauth.client import TokenResponse
    from openab_auth.storage import LoginEntry, Tenant
    from openab_auth.storage.records.notes import Note

_log: Final = logging.getLogger(__name__)


def refuse_other_account(tenant: Tenant, posted: LoginEntry, tokens: TokenResponse, note: Note) -> None:
    """Refuse the tokens of another account. The subject decides, never the label.

    Raises:
        LoginDeadError: they are another account's; the login is dead, because its token was rotated.
    """
    before, now = note.account or "one account", tokens.account or "another account"
    if is_other_account(note.subject, posted.refresh_token, tokens.subject):
        _log.error("%s: the vendor answered a refresh with tokens of %s, which are not stored", tenant, now)
        said = f"it belongs to {before}, and the vendor renewed it as {now}, which was not stored"
        raise LoginDeadError(tenant, said)
    if note.account and tokens.account and note.account != tokens.account:
        _log.info("%s: the account with the label %s has the label %s now", tenant, before, now)
