"""Every failure of a login or a token.

OpenabAuthError
└── OAuthError
    ├── NotLoggedInError            nobody is logged in there
    ├── LoginDeadError              the vendor will not renew it: log in again
    ├── RefreshBusyError            another process is refreshing and did not finish in time
    ├── VendorUnavailableError      no answer, 5xx, 429, a proxy's page: try again later
    │   └── RefreshUnansweredError  a refresh was sent and not answered: whether it took place is unknown
    ├── VendorMisconfiguredError    our client or its settings are wrong: the operator must change them
    │   ├── NotRefreshableError     nothing configured here could refresh this login
    │   ├── SecretMissingError      the client's secret is not set
    │   ├── ProgramMissingError     the vendor's own login program is not installed
    │   ├── PlanMissingError        the account has no seat or plan for this
    │   ├── ClientRefusedError      the vendor does not know our client (any more)
    │   ├── ClientMissingError      the operator has to register a client there first
    │   └── ServerUnusableError     an MCP server whose metadata no login can be built on
    ├── InsufficientScopeError      the login is alive and may not do this: log in for more
    ├── UnknownVendorError          no such vendor, or not offered here
    │   ├── RiskNotAcceptedError    the operator must accept this vendor's risk by name
    │   └── NoLoginError            its tokens stay in the environment
    ├── ConfigError                 the config is wrong: file, key, reason
    ├── PasteRefusedError           the paste is not what ends this login; `reason` says which mistake it was
    │   └── DeniedRedirectError     the vendor sent the person back with an error (`oauth.refusal`)
    ├── NoPendingLoginError         no login was begun, or it was used, cancelled or is too old
    ├── WhichLoginError             several logins wait, and it was not said which one is meant
    ├── ExchangeRefusedError        the vendor refused the code
    ├── ProgramWaitsError           the vendor's own login program took a paste and wants more
    ├── ProgramFailedError          the vendor's own login program ended without a login
    ├── LoginDeniedError            the person, or the vendor, said no to a device login
    ├── LoginExpiredError           a device login was not approved in time
    ├── LoginNotStoredError         the vendor gave a credential, and the store did not take it
    ├── TooManyLoginsError          one person has too many pending logins
    └── LoginTakenError             another person's login is there: replacing it must be confirmed
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from oauth.redact import name
from storage.errors import OpenabAuthError, StorageError

LOG_IN_AGAIN = "log in again with /auth login or `openab-auth login`"
BEGIN_AGAIN = "begin again with /auth login or `openab-auth login`"
Asked: TypeAlias = Literal["code", "approval", "refresh", "other"]  # what a vendor was asked for


class OAuthError(OpenabAuthError):
    """A login or a token could not be had."""


class NotLoggedInError(OAuthError):
    """There is no login under this tenant."""

    code = "not_logged_in"

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"nobody is logged in to {name(tenant)}",
            kept="nothing was changed",
            todo="log in with /auth login or `openab-auth login`",
        )
        self.tenant = tenant


class LoginDeadError(OAuthError):
    """The vendor has refused the refresh token for good; `since` is in unix seconds."""

    code = "login_dead"

    def __init__(self, tenant: str, reason: str, since: int | None = None) -> None:
        super().__init__(
            f"the login to {tenant} has ended ({reason})", kept="the old entry is still in the store", todo=LOG_IN_AGAIN
        )
        self.tenant = tenant
        self.reason = reason
        self.since = since


class RefreshBusyError(OAuthError):
    """Another process holds the tenant's refresh lock and committed nothing before our deadline."""

    code = "refresh_busy"

    def __init__(self, tenant: str, waited: float) -> None:
        super().__init__(
            f"another process has been refreshing {tenant} for over {waited:g} s",
            kept="the login is untouched",
            todo="try again in a moment",
        )
        self.tenant = tenant
        self.waited = waited


class VendorUnavailableError(OAuthError):
    """The vendor gave no usable answer; `retry_after` is in seconds when that is known.

    `sent` is False only when the request certainly never reached the server; a code that may have is used up, so that
    login must be begun again. `unanswered` says that the request may have arrived, and that nothing came back.
    """

    code = "vendor_unavailable"

    def __init__(  # noqa: PLR0913 - what was asked and what is known of the answer
        self,
        vendor: str,
        reason: str,
        *,
        asked: Asked = "other",
        retry_after: float | None = None,
        sent: bool = True,
        unanswered: bool = False,
    ) -> None:
        when = f"in {max(retry_after, 1.0):.0f} s" if retry_after else "in a moment"
        kept, todo = "the login is untouched", f"try again {when}"
        if asked == "code" and sent:
            kept, todo = "an older login, if there was one, is untouched", BEGIN_AGAIN
        elif asked == "code":
            kept, todo = "the login still waits for its paste", "paste the same redirect again in a moment"
        super().__init__(f"{vendor} gave no usable answer ({reason})", kept=kept, todo=todo)
        self.vendor = vendor
        self.reason = reason
        self.asked = asked
        self.retry_after = retry_after
        self.sent = sent
        self.unanswered = unanswered


class RefreshUnansweredError(VendorUnavailableError):
    """A refresh was sent and nothing came back, so the vendor may have rotated the token or not."""

    def __init__(self, vendor: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(vendor, reason, asked="refresh", retry_after=retry_after, unanswered=True)
        self.kept = "the login is kept as it was, but whether the vendor has replaced it meanwhile is unknown"
        self.todo = f"{self.todo}; if it is refused then, {LOG_IN_AGAIN}"


class VendorMisconfiguredError(OAuthError):
    """The vendor refuses our client or our settings; the login itself may be alive."""

    code = "vendor_misconfigured"
    _happened: ClassVar[str] = "{vendor} refuses this client ({reason})"

    def __init__(self, vendor: str, reason: str, todo: str, *, asked: Asked = "other") -> None:
        kept = "the login is untouched"
        if asked == "code":
            kept, todo = (
                "this login is over; an older one, if there was one, is untouched",
                f"{todo}; then {BEGIN_AGAIN}",
            )
        super().__init__(self._happened.format(vendor=vendor, reason=reason), kept=kept, todo=todo)
        self.vendor = vendor
        self.reason = reason


class NotRefreshableError(VendorMisconfiguredError):
    """Nothing that is configured here could refresh this login; no request was sent."""

    _happened = "the login to {vendor} cannot be refreshed here ({reason})"


class SecretMissingError(VendorMisconfiguredError):
    """The vendor's client needs a secret, which is the operator's to set."""

    _happened = "{vendor} cannot be logged in to here: {reason}"

    def __init__(self, vendor: str, variable: str) -> None:
        super().__init__(
            vendor,
            "its client needs a secret, and none is set",
            f"the operator sets the variable {variable}, or client_secret_obscured in [vendors.{vendor}] "
            "(`openab-auth obscure` makes it), and starts again; docs/vendors.md says where the secret comes from",
        )


class ProgramMissingError(VendorMisconfiguredError):
    """The vendor's own login program is not installed here."""

    _happened = "the login program of {vendor} cannot be started ({reason})"

    def __init__(self, vendor: str, program: str) -> None:
        super().__init__(
            vendor, f"no {program[:80]!r}", "the operator installs it, or sets `command` in this vendor's table"
        )


class PlanMissingError(VendorMisconfiguredError):
    """The login is right and the account may not use it: it has no seat or plan."""

    code = "plan_missing"
    _happened = "{vendor} does not let this account in ({reason})"

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(vendor, reason, "give the account a seat or a plan at the vendor, or log in with another one")


class ClientRefusedError(VendorMisconfiguredError):
    """The vendor says that it does not know our client, or not for this."""


class ClientMissingError(VendorMisconfiguredError):
    """Nobody can log in before the operator has registered a client at `issuer`; `table` is where to write it."""

    code = "client_missing"
    _happened = "{vendor} has no client of ours ({reason})"

    def __init__(  # noqa: PLR0913  # all that the operator has to type somewhere
        self, vendor: str, reason: str, *, issuer: str, redirect_uri: str, scopes: tuple[str, ...], table: str
    ) -> None:
        wanted = f" and the scopes {' '.join(scopes)}" if scopes else ""
        super().__init__(
            vendor,
            reason,
            f"register a client at {issuer} with the redirect {redirect_uri}{wanted}, then write its client_id "
            f"(and client_secret_env, if it has a secret) into {table}",
        )
        self.issuer = issuer
        self.redirect_uri = redirect_uri
        self.scopes = scopes
        self.table = table


class ServerUnusableError(VendorMisconfiguredError):
    """What an MCP server says of its authorization server is missing, wrong, or of another server."""

    code = "server_unusable"
    _happened = "{vendor} cannot be logged in to ({reason})"


class InsufficientScopeError(OAuthError):
    """A server wants scopes that the login does not have (RFC 6750 3.1); only a new login can get them."""

    code = "insufficient_scope"

    def __init__(self, tenant: str, scopes: tuple[str, ...], todo: str) -> None:
        wanted = " ".join(scopes) or "it does not say which"
        super().__init__(
            f"the login to {tenant} lacks scopes for this ({wanted[:200]})",
            kept="the login is alive for everything else",
            todo=todo,
        )
        self.tenant = tenant
        self.scopes = scopes


class UnknownVendorError(OAuthError):
    """No vendor of this name is offered."""

    code = "unknown_vendor"

    def __init__(self, vendor: str, offered: tuple[str, ...]) -> None:
        names = ", ".join(offered) or "none; set [auth] vendors in the config"
        super().__init__(
            f"{name(vendor)!r} is not offered here", kept="nothing was changed", todo=f"choose one of: {names}"
        )
        self.vendor = vendor
        self.offered = offered


class RiskNotAcceptedError(UnknownVendorError):
    """The vendor is offered only after the operator has accepted its risk."""

    code = "risk_not_accepted"

    def __init__(self, vendor: str, risk: str) -> None:
        OAuthError.__init__(
            self,
            f"{vendor} is not offered here, since its login is marked {risk}",
            kept="nothing was changed",
            todo=f'the operator reads `openab-auth vendors`, then sets [auth] accept_risk = ["{vendor}"] or leaves it',
        )
        self.vendor = vendor
        self.offered = ()
        self.risk = risk


class NoLoginError(UnknownVendorError):
    """There is no login of ours for this vendor; its tools read a variable."""

    code = "no_login"

    def __init__(self, title: str, variables: tuple[str, ...], note: str) -> None:
        why = f" ({note.rstrip('.')})" if note else ""
        OAuthError.__init__(
            self,
            f"there is no login to {title} from here{why}",
            kept="nothing was changed",
            todo=f"the operator sets {' or '.join(variables)} where the agents run",
        )
        self.vendor = title
        self.offered = ()
        self.variables = variables
        self.note = note


class ConfigError(OAuthError):
    """One or more mistakes in a config file, each named by its key."""

    code = "config"

    def __init__(self, file: str, mistakes: tuple[tuple[str, str], ...]) -> None:
        listed = "; ".join(f"{key}: {reason}" if key else reason for key, reason in mistakes)
        super().__init__(f"{file}: {listed}", kept="nothing was started", todo="mend the config and start again")
        self.file = file
        self.mistakes = mistakes


class PasteRefusedError(OAuthError):
    """The paste does not end this login; `reason` is a `oauth.paste.Refusal` value, for words in any language.

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
        where = f" to {name(vendor)}" if vendor else ""
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
            kept="an older login, if there was one, is untouched",
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
            todo="begin again with /auth login or `openab-auth login`",
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
            kept="this login is over; an older login, if there was one, is untouched",
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
            kept="this login is over; an older login, if there was one, is untouched",
            todo=BEGIN_AGAIN,
        )
        self.vendor = vendor


class LoginNotStoredError(OAuthError):
    """The vendor gave a credential, and the store did not take it; the code is used up."""

    code = "login_not_stored"

    def __init__(self, vendor: str, why: StorageError) -> None:
        super().__init__(
            f"the login to {vendor} worked and could not be stored: {why.happened}",
            kept="an older login, if there was one, is untouched",
            todo=f"{why.todo}, and {BEGIN_AGAIN}",
        )
        self.vendor = vendor
        self.why = why


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


class LoginTakenError(OAuthError):
    """Another person's login lies under this tenant, or nobody knows whose; replacing it needs a yes."""

    code = "login_taken"

    def __init__(self, tenant: str, logged_in_by: int | None, account: str | None) -> None:
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
