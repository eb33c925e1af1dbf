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
    │   ├── StillMisconfiguredError  as a request was answered a moment ago; no other one was sent
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
    │   ├── RelativePathError       an environment variable holds a relative path
    │   └── UnknownHomeError        `~` stands for no known home
    ├── PasteRefusedError           the paste is not what ends this login; `reason` says which mistake it was
    │   └── DeniedRedirectError     the vendor sent the person back with an error (`openab_auth.oauth.paste.mistakes`)
    ├── NoPendingLoginError         no login was begun, or it was used, cancelled or is too old
    ├── WhichLoginError             several logins wait, and it was not said which one is meant
    ├── ExchangeRefusedError        the vendor refused the code
    ├── ProgramWaitsError           the vendor's own login program took a paste and wants more
    ├── ProgramFailedError          the vendor's own login program ended without a login
    ├── LoginDeniedError            the person, or the vendor, said no to a device login
    ├── LoginExpiredError           a device login was not approved in time
    ├── LoginNotStoredError         the vendor gave a credential, and the store did not take it
    ├── TooManyLoginsError          one person has too many pending logins
    ├── TooManyWaitError            all people together have too many pending logins
    ├── LoginTakenError             another person's login is there: replacing it must be confirmed
    │   └── LoginOvertakenError     it came in while the vendor gave this one, which was not stored
    ├── LoginChangedError           another login is there by now than the one that was to end
    ├── ServerNotAddedError         the MCP server that a person named was not added; its children say why
    └── ServerNotRemovedError       the MCP server that a person named stays; its children say why
"""

from openab_auth.oauth.errors.base import BEGIN_AGAIN, LOG_IN_AGAIN, OLDER_UNTOUCHED, Asked, OAuthError
from openab_auth.oauth.errors.logins import (
    ExchangeRefusedError,
    LoginChangedError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NoPendingLoginError,
    PasteRefusedError,
    ProgramFailedError,
    ProgramWaitsError,
    TooManyLoginsError,
    TooManyWaitError,
    WhichLoginError,
)
from openab_auth.oauth.errors.operator import (
    ClientMissingError,
    ClientRefusedError,
    ConfigError,
    NoLoginError,
    NotRefreshableError,
    PlanMissingError,
    ProgramMissingError,
    RelativePathError,
    RiskNotAcceptedError,
    SecretMissingError,
    ServerUnusableError,
    StillMisconfiguredError,
    UnknownHomeError,
    UnknownVendorError,
    VendorMisconfiguredError,
)
from openab_auth.oauth.errors.redact import join_words, one_line, redact, remove_secrets, safe_name
from openab_auth.oauth.errors.servers import (
    AddingServersOffError,
    ForeignLoginError,
    ServerAddressError,
    ServerInUseError,
    ServerNameError,
    ServerNameTakenError,
    ServerNotAddedError,
    ServerNotRemovedError,
    ServerNotThereError,
    TooManyServersError,
)
from openab_auth.oauth.errors.tokens import (
    InsufficientScopeError,
    LoginDeadError,
    NotLoggedInError,
    RefreshBusyError,
    RefreshUnansweredError,
    VendorUnavailableError,
)
from openab_auth.oauth.errors.visible import visible_text

__all__ = [
    "BEGIN_AGAIN",
    "LOG_IN_AGAIN",
    "OLDER_UNTOUCHED",
    "AddingServersOffError",
    "Asked",
    "ClientMissingError",
    "ClientRefusedError",
    "ConfigError",
    "ExchangeRefusedError",
    "ForeignLoginError",
    "InsufficientScopeError",
    "LoginChangedError",
    "LoginDeadError",
    "LoginDeniedError",
    "LoginExpiredError",
    "LoginNotStoredError",
    "LoginOvertakenError",
    "LoginTakenError",
    "NoLoginError",
    "NoPendingLoginError",
    "NotLoggedInError",
    "NotRefreshableError",
    "OAuthError",
    "PasteRefusedError",
    "PlanMissingError",
    "ProgramFailedError",
    "ProgramMissingError",
    "ProgramWaitsError",
    "RefreshBusyError",
    "RefreshUnansweredError",
    "RelativePathError",
    "RiskNotAcceptedError",
    "SecretMissingError",
    "ServerAddressError",
    "ServerInUseError",
    "ServerNameError",
    "ServerNameTakenError",
    "ServerNotAddedError",
    "ServerNotRemovedError",
    "ServerNotThereError",
    "ServerUnusableError",
    "StillMisconfiguredError",
    "TooManyLoginsError",
    "TooManyServersError",
    "TooManyWaitError",
    "UnknownHomeError",
    "UnknownVendorError",
    "VendorMisconfiguredError",
    "VendorUnavailableError",
    "WhichLoginError",
    "join_words",
    "one_line",
    "redact",
    "remove_secrets",
    "safe_name",
    "visible_text",
]
