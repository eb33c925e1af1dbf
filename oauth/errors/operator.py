"""Errors that the operator has to correct: the config, vendors' tables, clients and servers."""

from __future__ import annotations

from typing import ClassVar

from openab_auth.oauth.errors.base import BEGIN_AGAIN, OLDER_UNTOUCHED, Asked, OAuthError
from openab_auth.oauth.errors.redaction import safe_name


class ConfigError(OAuthError):
    """A config file has one or more mistakes; `mistakes` holds the key and the reason of each."""

    code = "config"

    def __init__(self, file: str, mistakes: tuple[tuple[str, str], ...]) -> None:
        listed = "; ".join(f"{key}: {reason}" if key else reason for key, reason in mistakes)
        count = f"{len(mistakes)} mistakes: " if len(mistakes) > 1 else ""
        super().__init__(
            f"{file}: {count}{listed}", kept="nothing was started", todo="correct the config and start again"
        )
        self.file = file
        self.mistakes = mistakes

    @property
    def lines(self) -> tuple[str, ...]:
        """Return each mistake on one line; a quoted key of TOML may hold line ends."""
        return tuple(" ".join((f"{key}: {reason}" if key else reason).split()) for key, reason in self.mistakes)


class RelativePathError(ConfigError):
    """An environment variable holds a relative path, which means a different file in each working directory."""

    def __init__(self, variable: str) -> None:
        super().__init__("the environment", ((variable, "must be an absolute path"),))


class UnknownHomeError(ConfigError):
    """A path begins with `~`, and the home folder is not known on this machine."""

    def __init__(self, file: str | None, key: str) -> None:
        super().__init__(file or "the environment", ((key, "the home folder for `~` is not known here"),))


class PasswordOnCommandLineError(ConfigError):
    """A password is in the URL of a store on the command line, where every user of this machine can see it."""

    def __init__(self) -> None:
        reason = "may hold a password, which other users of this machine can see; use PGPASSFILE or [store] url_file"
        super().__init__("the command line", (("the URL of the store", reason),))
        self.todo = "leave the password out of the URL, and run the command again"


class NetworkVariableError(ConfigError):
    """An environment variable about proxies or certificates has a value with which no request can be sent.

    `problem` follows the variable's name in a sentence. The value is never shown: the address of a proxy may hold a
    password.
    """

    code = "network_variable"

    def __init__(self, variable: str, problem: str, todo: str) -> None:
        super().__init__("the environment", ((variable, problem),))
        OAuthError.__init__(
            self, f"{variable} {problem}", kept="no request was sent, and nothing was changed", todo=todo
        )
        self.variable = variable
        self.problem = problem


class VendorMisconfiguredError(OAuthError):
    """The vendor refuses our client or our settings; the login itself may still work.

    If no server has `processed` the request with a code, the pending login `still_waits` for its paste.
    """

    code = "vendor_misconfigured"
    _happened: ClassVar[str] = "{vendor} refuses this client ({reason})"

    def __init__(self, vendor: str, reason: str, todo: str, *, asked: Asked = "other", processed: bool = True) -> None:
        kept = "the login is untouched"
        self.still_waits = asked == "code" and not processed
        if self.still_waits:
            kept, todo = "the login still waits for its paste", f"{todo}; then paste the same redirect again"
        elif asked == "code":
            kept, todo = f"this login is over; {OLDER_UNTOUCHED}", f"{todo}; then {BEGIN_AGAIN}"
        super().__init__(self._happened.format(vendor=vendor, reason=reason), kept=kept, todo=todo)
        self.vendor = vendor
        self.reason = reason


class NotRefreshableError(VendorMisconfiguredError):
    """Nothing in the config can refresh this login; no request was sent."""

    _happened = "the login to {vendor} cannot be refreshed here ({reason})"


class StillMisconfiguredError(VendorMisconfiguredError):
    """Repeat a recent configuration error without sending another request."""

    _happened = "{reason}"


class SecretMissingError(VendorMisconfiguredError):
    """The vendor's client needs a secret, and none was found.

    `problem` says why the vendor's installed program or the `file` gave none, if the config names it as the source.
    """

    code = "secret_missing"
    _happened = "nobody can log in to {vendor} here: {reason}"

    def __init__(self, vendor: str, variable: str, problem: str = "", *, file: str = "") -> None:
        ways = f"the variable {variable}, or client_secret_obscured" if variable else "client_secret_obscured"
        give = (
            f"set {ways} in [vendors.{vendor}] (`openab-auth obscure` makes it), then start again; "
            "docs/reference/vendors.md says where to get the secret"
        )
        repair = f"repair {file}, which client_secret_file in [vendors.{vendor}] names, then start again"
        reason = f"its client needs a secret, and {problem or 'none is set'}"
        super().__init__(vendor, reason, repair if file else give)
        self.variable = variable


class ProgramMissingError(VendorMisconfiguredError):
    """The vendor's own login program is not installed here."""

    _happened = "the login program of {vendor} cannot be started ({reason})"

    def __init__(self, vendor: str, program: str) -> None:
        name = program.rpartition("/")[2]  # a person in Discord sees it, and needs no path of this machine
        super().__init__(
            vendor,
            f"{name[:80]!r} is not installed",
            f"install the program, or set `command` in [vendors.{vendor}] in the config",
        )


class PlanMissingError(VendorMisconfiguredError):
    """The login worked, but the account has no seat or plan to use it."""

    code = "plan_missing"
    _happened = "{vendor} does not accept this account ({reason})"

    def __init__(self, vendor: str, reason: str) -> None:
        super().__init__(vendor, reason, "give the account a seat or a plan, or log in with another account")


class ClientRefusedError(VendorMisconfiguredError):
    """The vendor does not know our client, or does not allow it this request."""


class ClientMissingError(VendorMisconfiguredError):
    """Nobody can log in before the operator registers a client at `issuer` and writes it into `table`."""

    code = "client_missing"
    _happened = "this program is not registered at {vendor} yet ({reason})"

    def __init__(  # noqa: PLR0913  # everything that the operator has to type
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
    """An MCP server's metadata about its authorization server is missing, wrong, or from another server."""

    code = "server_unusable"
    _happened = "nobody can log in to {vendor} right now ({reason})"


class ForeignMetadataError(ServerUnusableError):
    """A document belongs to another issuer or resource; it ends discovery, so that no other document can hide it."""


class PkceMissingError(ServerUnusableError):
    """A document names PKCE methods without S256; it ends discovery, as a foreign document does."""


class UnknownVendorError(OAuthError):
    """No vendor of this name is offered here."""

    code = "unknown_vendor"

    def __init__(self, vendor: str, offered: tuple[str, ...], *, lost: str = "") -> None:
        """Name the vendors that are `offered`; `lost` tells why others are missing."""
        names = ", ".join(offered) or "none; set [auth] vendors in the config"
        super().__init__(
            f"{safe_name(vendor)!r} is not offered here{f' ({lost})' if lost else ''}",
            kept="nothing was changed",
            todo=f"choose one of: {names}",
        )
        self.vendor = vendor
        self.offered = offered


class LabelError(UnknownVendorError):
    """The vendor is offered, but no account of it can have this label."""

    code = "label"

    def __init__(self, vendor: str, label: str) -> None:
        OAuthError.__init__(
            self,
            f"{safe_name(label)!r} cannot be the label of an account",
            kept="nothing was changed",
            todo="use 1 to 32 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit; "
            "not me, shared, new, or u and digits",
        )
        self.vendor = vendor
        self.offered = ()
        self.label = label


class ProgramsOnlyAccountError(UnknownVendorError):
    """The vendor's own program keeps one login for everybody here, so no account of the vendor can have a label."""

    code = "programs_only_account"

    def __init__(self, vendor: str, title: str) -> None:
        OAuthError.__init__(
            self,
            f"the own program of {title} keeps one login, which every agent here uses; nobody can have another account",
            kept="nothing was changed",
            todo=f"to log in for everybody, leave out the account: {vendor}",
        )
        self.vendor = title
        self.offered = ()


class NobodyMeantError(UnknownVendorError):
    """`@me` was asked for, and nobody is known whose account that is."""

    code = "nobody_meant"

    def __init__(self, vendor: str) -> None:
        OAuthError.__init__(
            self,
            f"nobody is known whose own account {safe_name(vendor)}@me would be",
            kept="nothing was changed",
            todo="`use`, `login` and `logout` take --user; other commands need a thread whose owner the bot knows",
        )
        self.vendor = vendor
        self.offered = ()


class RiskNotAcceptedError(UnknownVendorError):
    """The vendor's login carries a risk that the operator has not accepted."""

    code = "risk_not_accepted"

    def __init__(self, vendor: str, risk: str, note: str = "") -> None:
        why = f" ({note.rstrip('.')})" if note else ""
        OAuthError.__init__(
            self,
            f"{vendor} is not offered here, because its login is marked {risk}{why}",
            kept="nothing was changed",
            todo=f'to accept the risk, add "{vendor}" to [auth] accept_risk',
        )
        self.vendor = vendor
        self.offered = ()
        self.risk = risk


class NoLoginError(UnknownVendorError):
    """This vendor has no login here: its tools read an environment variable."""

    code = "no_login"

    def __init__(self, title: str, variables: tuple[str, ...], note: str) -> None:
        why = f" ({note.rstrip('.')})" if note else ""
        OAuthError.__init__(
            self,
            f"nobody can log in to {title} with this program{why}",
            kept="nothing was changed",
            todo=f"set {' or '.join(variables)} where the agents run",
        )
        self.vendor = title
        self.offered = ()
        self.variables = variables
        self.note = note
