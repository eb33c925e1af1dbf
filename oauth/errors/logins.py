"""What a person meets between the link and the login."""

from __future__ import annotations

from openab_auth.oauth.errors.base import BEGIN_AGAIN, OLDER_UNTOUCHED, OAuthError
from openab_auth.oauth.errors.redact import safe_name
from openab_auth.storage.errors import OpenabAuthError


class PasteRefusedError(OAuthError):
    """The paste does not end this login; `reason` is a `Refusal` value, for words in any language.

    With `ends_login` the pending login at `vendor` is over; else it still waits.
    """

    code = "paste_refused"
    ends_login = False
    vendor: str | None = None

    def __init__(self, reason: str, happened: str, *, todo: str, kept: str = "the login still waits") -> None:
        super().__init__(happened, kept=kept, todo=todo)
        self.reason = reason


class NoPendingLoginError(OAuthError):
    """No login waits for this paste: it was never begun, was used or cancelled, or is older than 15 minutes."""

    code = "no_pending_login"

    def __init__(self, vendor: str | None = None) -> None:
        where = f" to {safe_name(vendor)}" if vendor else ""
        super().__init__(
            f"no login{where} is waiting for this (it was never begun, was used already, or is older than 15 minutes)",
            kept="nothing was changed",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor


class WhichLoginError(OAuthError):
    """Several logins wait for this person, and nothing says which one is meant."""

    code = "which_login"

    def __init__(self, vendors: tuple[str, ...]) -> None:
        super().__init__(
            f"several logins are waiting for you ({', '.join(vendors)})", kept="they still wait", todo="name the vendor"
        )
        self.vendors = vendors


class ExchangeRefusedError(OAuthError):
    """The vendor took the request and refused the code."""

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
    """The vendor's own login program has heard what was pasted and still waits; `said` is its last words, redacted."""

    code = "program_waits"

    def __init__(self, vendor: str, said: str) -> None:
        super().__init__(
            f"the login program of {vendor} still waits{f': {said}' if said else ''}",
            kept="the login still waits",
            todo="paste what it asks for, or forget the login with /auth cancel",
        )
        self.vendor = vendor
        self.said = said


class ProgramFailedError(OAuthError):
    """The vendor's own login program ended without a login, or had to be ended (`status` is None).

    `said` is its last words, redacted.
    """

    code = "program_failed"

    def __init__(self, vendor: str, status: int | None, said: str) -> None:
        reason = "took too long and was ended" if status is None else f"ended without a login (status {status})"
        super().__init__(
            f"the login program of {vendor} {reason}{f': {said}' if said else ''}",
            kept="this login is over; what the program had stored before is its own",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor
        self.status = status
        self.said = said


class LoginDeniedError(OAuthError):
    """A device login was refused at the vendor's page."""

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
            f"the code for {vendor} has expired before it was approved",
            kept=f"this login is over; {OLDER_UNTOUCHED}",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor


class LoginNotStoredError(OAuthError):
    """The vendor gave a credential, and no disk took it yet; it is in memory, and the code is used up."""

    code = "login_not_stored"

    def __init__(self, vendor: str, why: Exception) -> None:
        known = why if isinstance(why, OpenabAuthError) else None
        happened = known.happened if known else f"an unforeseen error, {type(why).__name__}"
        todo = known.todo if known else "see the log"
        super().__init__(
            f"the login to {vendor} worked and could not be stored yet: {happened}",
            kept="it is in memory, and stored as soon as that is possible",
            todo=f"{todo}, then look at the status; if the login is not there, {BEGIN_AGAIN}",
        )
        self.vendor = vendor
        self.why = known or happened


class TooManyLoginsError(OAuthError):
    """One person has as many pending logins as the bot allows."""

    code = "too_many_logins"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} logins are waiting for you already",
            kept="they still wait",
            todo="finish one, or forget one with /auth cancel",
        )
        self.limit = limit


class TooManyWaitError(OAuthError):
    """All people together have as many pending logins as one store holds."""

    code = "too_many_wait"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"{limit} logins are waiting here already",
            kept="nothing was changed",
            todo="try again in 15 minutes: those that nobody finishes are over then",
        )
        self.limit = limit


class LoginTakenError(OAuthError):
    """Another person's login lies under this tenant, or nobody knows whose; replacing it needs a yes.

    `generation` says which login it is: a yes holds for that one alone.
    """

    code = "login_taken"

    def __init__(self, tenant: str, logged_in_by: int | None, account: str | None, generation: str = "") -> None:
        whose = f" ({account})" if account else ""
        maker = "another person made" if logged_in_by is not None else "somebody made, nobody knows who,"
        super().__init__(
            f"{tenant} has a login{whose} that {maker}",
            kept="that login is untouched",
            todo="begin again with /auth login, which asks whether it may be replaced",
        )
        self.tenant = tenant
        self.logged_in_by = logged_in_by
        self.account = account
        self.generation = generation


class LoginOvertakenError(LoginTakenError):
    """Another person's login came into the store while the vendor gave this one, and nobody was asked about it."""

    code = "login_overtaken"

    def __init__(self, taken: LoginTakenError) -> None:
        super().__init__(taken.tenant, taken.logged_in_by, taken.account, taken.generation)
        self.happened = f"{self.happened} while this one was under way"
        self.kept = "that login is untouched, and this one was not stored"


class LoginChangedError(OAuthError):
    """The login that a person wanted to end is not the one that is there by now."""

    code = "login_changed"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"{safe_name(tenant)} has another login by now than the one that you were asked about",
            kept="that login is untouched",
            todo="look at /auth status, then log out again",
        )
        self.tenant = tenant
