"""Errors of an agent that asks people for a login."""

from __future__ import annotations

from openab_auth.oauth.errors.base import OAuthError
from openab_auth.oauth.errors.redaction import safe_name

_NOBODY_ASKED = "nobody was asked"


class NotRequestableError(OAuthError):
    """An agent may not ask for this account: it is not offered, nobody has made it yet, or it is another person's."""

    code = "not_requestable"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"an agent cannot ask for a login to {safe_name(tenant)}: it is neither offered here nor a known account",
            kept=_NOBODY_ASKED,
            todo="ask for the vendor, or a person logs in to this account first",
        )
        self.tenant = tenant


class TooManyRequestsError(OAuthError):
    """Too many logins are asked for already, in this thread or in all threads together."""

    code = "too_many_requests"

    def __init__(self, limit: int, *, everywhere: bool) -> None:
        where = "all threads together" if everywhere else "this thread"
        super().__init__(
            f"agents in {where} already ask for {limit} logins",
            kept=_NOBODY_ASKED,
            todo="somebody logs in to one of these first, or wait until a request ends after a day",
        )
        self.limit = limit
        self.everywhere = everywhere
