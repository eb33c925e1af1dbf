"""Errors that an agent meets when it asks for a token."""

from __future__ import annotations

from typing import ClassVar

from openab_auth.oauth.errors.base import BEGIN_AGAIN, LOG_IN_AGAIN, OLDER_UNTOUCHED, Asked, OAuthError
from openab_auth.oauth.errors.redaction import safe_name
from openab_auth.storage.entries import PENDING_LIFETIME


class NotLoggedInError(OAuthError):
    """Nobody is logged in under this tenant."""

    code = "not_logged_in"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"nobody is logged in to {safe_name(tenant)}",
            kept="nothing was changed",
            todo="log in with /auth login or `openab-auth login`",
        )
        self.tenant = tenant


class NothingOfPersonError(NotLoggedInError):
    """A person has neither a personal login nor a pending one, and chose nothing in any thread.

    `made` are the shared logins that the person made.
    """

    reason: ClassVar[str] = "person"  # the message for people has no vendor

    def __init__(self, person: int, made: tuple[str, ...] = ()) -> None:
        todo = "`openab-auth status` shows whose logins are there"
        if made:
            names = ", ".join(map(safe_name, made))
            todo = f"the shared logins that they made are {names}; `openab-auth logout TENANT` ends one"
        OAuthError.__init__(
            self, f"the store holds nothing of the person {person}", kept="nothing was changed", todo=todo
        )
        self.person = person


class ProgramKeepsLoginError(NotLoggedInError):
    """The vendor's own program keeps the login, so there is no token here."""

    def __init__(self, tenant: str, title: str, command: str) -> None:
        OAuthError.__init__(
            self,
            f"there is no token of {title} here, because its own program keeps the login",
            kept="nothing was changed",
            todo=f"start {command} itself, as the user who logged in; it reads that login",
        )
        self.tenant = tenant


class LoginDeadError(OAuthError):
    """The vendor refused the refresh token for good; `since` is in unix seconds.

    `doubtful`: nobody knows its words, but it has refused the token again and again. A person may try once more.
    """

    code = "login_dead"

    def __init__(self, tenant: str, reason: str, since: int | None = None, *, doubtful: bool = False) -> None:
        super().__init__(
            f"the login to {tenant} has ended ({reason})", kept="the old entry is still in the store", todo=LOG_IN_AGAIN
        )
        self.tenant = tenant
        self.reason = reason
        self.since = since
        self.doubtful = doubtful


class RefreshBusyError(OAuthError):
    """Another process holds the tenant's lease and committed no login before our deadline.

    `retry_after` is the time in seconds after which the lease is free at the latest, None if nobody knows it.
    """

    code = "refresh_busy"

    def __init__(self, tenant: str, waited: float, retry_after: float | None = None) -> None:
        super().__init__(
            f"another process has been refreshing {tenant} for over {waited:g} s",
            kept="the login is untouched",
            todo="try again in a moment" if retry_after is None else f"try again in {retry_after:.0f} s at the latest",
        )
        self.tenant = tenant
        self.waited = waited
        self.retry_after = retry_after


class VendorUnavailableError(OAuthError):
    """The vendor gave no usable answer; `retry_after` is in seconds, None if unknown.

    `processed` is False only when the server certainly did not process the request: it never arrived, or the answer
    says so. Otherwise a code counts as used up, and its login must be begun again. `unanswered` says that the request
    may have arrived, and that nothing came back; `unread` that an answer came back, perhaps with the new tokens, and
    could not be read. `todo` is the advice for trouble that only an operator can end.
    """

    code = "vendor_unavailable"

    def __init__(  # noqa: PLR0913 - the facts about request and answer
        self,
        vendor: str,
        reason: str,
        *,
        asked: Asked = "other",
        retry_after: float | None = None,
        processed: bool = True,
        unanswered: bool = False,
        unread: bool = False,
        todo: str = "",
    ) -> None:
        when = f"in {max(retry_after, 1.0):.0f} s" if retry_after else "in a moment"
        kept, again = "the login is untouched", f"try again {when}"
        if asked == "code" and (processed or (retry_after or 0) > PENDING_LIFETIME):
            kept, again = OLDER_UNTOUCHED, BEGIN_AGAIN if processed else f"{BEGIN_AGAIN} {when}"
        elif asked == "code":
            kept, again = "the login still waits for its paste", f"paste the same redirect again {when}"
        super().__init__(f"{vendor} gave no usable answer ({reason})", kept=kept, todo=todo or again)
        self.vendor = vendor
        self.reason = reason
        self.asked = asked
        self.retry_after = retry_after
        self.processed = processed
        self.operators = bool(todo)  # only an operator can end this trouble
        self.unanswered = unanswered
        self.unread = unread


class KeyUncheckedError(VendorUnavailableError):
    """A pasted API key could not be checked, because the vendor gave no usable answer; the login still waits."""

    code = "key_unchecked"

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(vendor, reason, asked="code", processed=False)
        self.happened = f"the key could not be checked, because {vendor} gave no usable answer ({reason})"
        self.kept = "the login still waits, and the key was not stored"
        self.todo = "paste the same key again in a moment"


class RefreshRefusedError(VendorUnavailableError):
    """The vendor refused a refresh with an error that nobody here knows, so the login may still live."""

    def __init__(self, vendor: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(vendor, reason, asked="refresh", retry_after=retry_after)
        self.happened = f"{vendor} refused to renew this login ({reason})"
        self.todo = f"{self.todo}; if the vendor refuses it again, {LOG_IN_AGAIN}"


class RefreshUnansweredError(VendorUnavailableError):
    """A refresh was sent and nothing readable came back, so the vendor may have rotated the token or not."""

    def __init__(self, vendor: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(vendor, reason, asked="refresh", retry_after=retry_after, unanswered=True)
        self.kept = "the login is kept, but the vendor may have replaced its refresh token"
        self.todo = f"{self.todo}; if the vendor refuses it then, {LOG_IN_AGAIN}"


class InsufficientScopeError(OAuthError):
    """A server requires scopes that the login lacks (RFC 6750 3.1); only a new login can get them."""

    code = "insufficient_scope"

    def __init__(self, tenant: str, scopes: tuple[str, ...], todo: str) -> None:
        wanted = " ".join(scopes) or "the server does not say which"
        super().__init__(
            f"the login to {tenant} lacks scopes for this ({wanted[:200]})",
            kept="the login still works for other requests",
            todo=todo,
        )
        self.tenant = tenant
        self.scopes = scopes
