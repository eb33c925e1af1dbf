"""Errors about the thread in which an agent works: which thread, which account may serve it, and what it asks for."""

from __future__ import annotations

from openab_auth.oauth.errors.base import OAuthError
from openab_auth.oauth.errors.redaction import safe_name
from openab_auth.oauth.errors.tokens import NotLoggedInError

_UNCHANGED = "nothing was changed"
_CHOOSE = "choose an account with /auth use in the thread"
_NOBODY_ASKED = "nobody was asked"


class ThreadIdError(OAuthError):
    """`--thread` or the variable does not hold the id of a thread; `place` is its name."""

    code = "thread_id"

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place} is not the id of a thread", kept=_UNCHANGED, todo="give its id of 1 to 20 digits (Copy Thread ID)"
        )
        self.place = place


class NoAccountForThreadError(NotLoggedInError):
    """Agents in this thread use only their owner's account of the vendor, and the thread has no known owner.

    If the thread is not `seen`, no bot has stored anything about it.
    """

    code = "no_account_for_thread"

    def __init__(self, tenant: str, thread: int, *, seen: bool) -> None:
        why = "has no owner" if seen else "is not known to the bot"
        OAuthError.__init__(
            self,
            f"no account of {safe_name(tenant)} is for this thread: it uses personal accounts, and {thread} {why}",
            kept=_UNCHANGED,
            todo=_CHOOSE,
        )
        self.tenant = tenant
        self.thread = thread
        self.seen = seen


class NotAgreedError(NotLoggedInError):
    """The personal account is the right one for this thread, but its person has not agreed to that."""

    code = "not_agreed"

    def __init__(self, tenant: str, thread: int, person: int) -> None:
        OAuthError.__init__(
            self,
            f"the person of {safe_name(tenant)} has not agreed that it serves this thread",
            kept=_UNCHANGED,
            todo="that person agrees with /auth use in the thread",
        )
        self.tenant = tenant
        self.thread = thread
        self.person = person


class AccountNotForThreadError(OAuthError):
    """The thread may not use this account: it is another person's, or a shared one where only personal ones serve.

    `person` is the other person; it is None for a shared account.
    """

    code = "account_not_for_thread"

    def __init__(self, tenant: str, thread: int, person: int | None) -> None:
        why = "agents in this thread use only personal accounts" if person is None else "it belongs to another person"
        super().__init__(f"this thread may not use {safe_name(tenant)}: {why}", kept=_UNCHANGED, todo=_CHOOSE)
        self.tenant = tenant
        self.thread = thread
        self.person = person


class NotThreadOwnerError(OAuthError):
    """Only the owner of a thread, or an operator, chooses its accounts."""

    code = "not_thread_owner"

    def __init__(self, thread: int, owner: int) -> None:
        super().__init__(
            "only the person who started this thread, or an operator, chooses its accounts",
            kept="the choice is unchanged",
            todo="ask that person",
        )
        self.thread = thread
        self.owner = owner


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
