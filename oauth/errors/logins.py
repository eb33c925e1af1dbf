"""Errors that a person meets from the login link to the finished login, and at a logout."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from openab_auth.oauth.errors.base import BEGIN_AGAIN, OLDER_UNTOUCHED, OAuthError
from openab_auth.oauth.errors.redaction import safe_name
from openab_auth.storage.errors import OpenabAuthError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openab_auth.storage.entries import Tenant


class PasteRefusedError(OAuthError):
    """The paste does not finish this login; `reason` is a `PasteMistake`, so that views can say it in any language.

    If `ends_login` is True, the pending login at `vendor` is over; otherwise it still waits.
    """

    code = "paste_refused"
    ends_login = False
    vendor: str | None = None

    def __init__(self, reason: str, happened: str, *, todo: str, kept: str = "the login still waits") -> None:
        super().__init__(happened, kept=kept, todo=todo)
        self.reason = reason


class NoPendingLoginError(OAuthError):
    """No login is pending for this paste: never begun, already used, cancelled, or older than 15 minutes."""

    code = "no_pending_login"

    def __init__(self, vendor: str | None = None) -> None:
        where = f" to {safe_name(vendor)}" if vendor else ""
        super().__init__(
            f"no login{where} is pending (it was never begun, was used already, or is older than 15 minutes)",
            kept="nothing was changed",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor


class WhichLoginError(OAuthError):
    """Several logins of this person are pending, and the paste does not say which login it belongs to."""

    code = "which_login"

    def __init__(self, vendors: Iterable[str]) -> None:
        self.vendors = tuple(sorted(vendors))
        super().__init__(
            f"you have started several logins ({', '.join(self.vendors)})",
            kept="you can still finish them",
            todo="name the vendor",
        )


class ExchangeRefusedError(OAuthError):
    """The vendor answered and refused the authorization code."""

    code = "exchange_refused"

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(
            f"{vendor} refused the code ({reason})",
            kept=OLDER_UNTOUCHED,
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor
        self.reason = reason


class ProgramWaitsError(OAuthError):
    """The vendor's own login program got the paste and still waits; `said` is its last output, redacted."""

    code = "program_waits"

    def __init__(self, vendor: str, said: str) -> None:
        super().__init__(
            f"the login program of {vendor} is still waiting{f': {said}' if said else ''}",
            kept="the login still waits",
            todo="paste what the program asks for, or cancel the login with /auth cancel",
        )
        self.vendor = vendor
        self.said = said


class ProgramFailedError(OAuthError):
    """The vendor's own login program ended without a login, or ran too long and was stopped (`status` is None).

    `said` is its last output, redacted.
    """

    code = "program_failed"

    def __init__(self, vendor: str, status: int | None, said: str) -> None:
        reason = "took too long and was stopped" if status is None else f"ended without a login (status {status})"
        super().__init__(
            f"the login program of {vendor} {reason}{f': {said}' if said else ''}",
            kept="this login is over; what the program stored itself is untouched",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor
        self.status = status
        self.said = said


class LoginDeniedError(OAuthError):
    """The person or the vendor declined a device login."""

    code = "login_denied"

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(
            f"the login to {vendor} was not approved ({reason})",
            kept=f"this login is over; {OLDER_UNTOUCHED}",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor
        self.reason = reason


class LoginExpiredError(OAuthError):
    """Nobody approved a device login while its code was valid."""

    code = "login_expired"

    def __init__(self, vendor: str) -> None:
        super().__init__(
            f"the code for {vendor} expired before anybody approved it",
            kept=f"this login is over; {OLDER_UNTOUCHED}",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor


class LoginNotStoredError(OAuthError):
    """The vendor gave a credential, but it is not on disk yet: it is in memory, and the code is used up."""

    code = "login_not_stored"

    def __init__(self, vendor: str, why: Exception) -> None:
        known = why if isinstance(why, OpenabAuthError) else None
        happened = known.happened if known else f"an unexpected error, {type(why).__name__}"
        todo = known.todo if known else "see the log"
        super().__init__(
            f"the login to {vendor} worked, but could not be stored yet: {happened}",
            kept="it is in memory, and will be stored as soon as possible",
            todo=f"{todo}, then look at the status; if the login is not there, {BEGIN_AGAIN}",
        )
        self.vendor = vendor
        self.why = known or happened


class TooManyLoginsError(OAuthError):
    """This person has as many pending logins as the bot allows."""

    code = "too_many_logins"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"you have started {limit} logins and finished none of them",
            kept="you can still finish them",
            todo="finish a login, or cancel a login with /auth cancel",
        )
        self.limit = limit


class TooManyAccountsError(OAuthError):
    """This person has made as many logins to shared accounts with a label as one person may."""

    code = "too_many_accounts"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"you have logged in to {limit} accounts with a label",
            kept="nothing was changed",
            todo="end a login that nobody needs with /auth logout",
        )
        self.limit = limit


class TooManyWaitError(OAuthError):
    """The store holds as many pending logins as it may."""

    code = "too_many_wait"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"this store has {limit} pending logins already",
            kept="nothing was changed",
            todo="try again in 15 minutes: unfinished logins have expired by then",
        )
        self.limit = limit


class LoginConflictError(OAuthError):
    """The login conflicts with a stored login at this `tenant` or beside it, so a person is asked first."""

    tenant: Tenant


class LoginTakenError(LoginConflictError):
    """This tenant holds a login of another person, or of an unknown person; replacing it needs a confirmation.

    `generation` identifies the login: a confirmation holds for this login alone.
    """

    code = "login_taken"
    _happened: ClassVar[str] = "{person} is already logged in to {account}"

    def __init__(self, tenant: Tenant, logged_in_by: int | None, account: str | None, generation: str = "") -> None:
        person = "another person" if logged_in_by is not None else "an unknown person"
        super().__init__(
            self._happened.format(person=person, account=f"{tenant} ({account})" if account else tenant),
            kept="that login is untouched",
            todo="begin again with /auth login, which asks whether to replace it",
        )
        self.tenant = tenant
        self.logged_in_by = logged_in_by
        self.account = account
        self.generation = generation


class LoginOvertakenError(LoginTakenError):
    """Another person's login was stored while this login was under way, so nobody confirmed replacing it."""

    code = "login_overtaken"
    _happened = "{person} logged in to {account} while you were logging in"

    def __init__(self, taken: LoginTakenError) -> None:
        super().__init__(taken.tenant, taken.logged_in_by, taken.account, taken.generation)
        self.kept = "that login is untouched, and yours was not stored"


class AccountStoredError(LoginConflictError):
    """The vendor account of a new login is stored as `others`, too, and nobody agreed to store it beside them.

    All of these logins may share one grant. `generation` identifies the `others` together: an agreement holds for them
    alone. `replaces` is the generation of the login that this person had agreed to replace. The text of the error names
    all others; a message to a person names only those `shown`, without the personal logins of other people.
    """

    code = "account_stored"

    def __init__(  # noqa: PLR0913 - the new login and the others
        self,
        vendor: str,
        tenant: Tenant,
        others: tuple[Tenant, ...],
        *,
        shown: tuple[Tenant, ...],
        generation: str,
        replaces: str | None = None,
    ) -> None:
        agreed = "".join(f" --beside {safe_name(other)}" for other in others)
        super().__init__(
            f"the vendor account of this login is already stored as {', '.join(map(safe_name, others))}",
            kept="that login is untouched, and the new login was not stored",
            todo="log in with another account; to store it here, too, answer the question in Discord, or run"
            f" `openab-auth login {safe_name(vendor)}{agreed}`",
        )
        self.vendor = vendor
        self.tenant = tenant
        self.others = others
        self.shown = shown
        self.generation = generation
        self.replaces = replaces


class ReservedLoginError(OAuthError):
    """The `openab` program keeps this login in the same file; nobody else may change it."""

    code = "reserved_login"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"{tenant} is the login of the `openab` program itself",
            kept="it is untouched",
            todo="end it with that program",
        )
        self.tenant = tenant


class PersonChangedError(OAuthError):
    """Something that a person has here has changed since an operator agreed to end it."""

    code = "person_changed"

    def __init__(self, person: int) -> None:
        super().__init__(
            f"the logins of the person {person} have changed since the question",
            kept="nothing was changed",
            todo="read the question again, then answer it",
        )
        self.person = person


class LoginChangedError(OAuthError):
    """The login that the person wanted to remove was replaced meanwhile."""

    code = "login_changed"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"the login to {safe_name(tenant)} was replaced after you asked to remove it",
            kept="the new login is untouched",
            todo="look at /auth status; to end the new login, log out again",
        )
        self.tenant = tenant
