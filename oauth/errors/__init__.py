"""Errors of logins and tokens.

OpenabAuthError
└── OAuthError
    ├── NotLoggedInError            nobody is logged in there
    │   ├── NothingOfPersonError    the store holds nothing of this person
    │   ├── ProgramKeepsLoginError  the vendor's own program keeps the login, so there is no token here
    │   ├── NoAccountForThreadError  only its owner's account may serve this thread, and it has no known owner
    │   └── NotAgreedError          the person of this account has not agreed that it serves this thread
    ├── LoginDeadError              the vendor no longer renews this login
    ├── RefreshBusyError            another process refreshes the login and did not finish in time
    ├── VendorUnavailableError      no usable answer (silence, 5xx, 429, a proxy's page): try again later
    │   ├── BrokerUnavailableError  a broker gave no usable answer, or cannot serve the request now
    │   ├── KeyUncheckedError       a pasted API key could not be checked
    │   ├── RefreshRefusedError     a refresh was refused in words that nobody here knows
    │   └── RefreshUnansweredError  a refresh got no answer: the token may have been rotated
    ├── VendorMisconfiguredError    the vendor refuses our client or its settings: for the operator
    │   ├── NotRefreshableError     nothing in the config can refresh this login
    │   ├── StillMisconfiguredError  repeats a recent configuration error without another request
    │   ├── SecretMissingError      the client needs a secret, and none is set
    │   ├── ProgramMissingError     the vendor's own login program is not installed
    │   ├── PlanMissingError        the account has no seat or plan
    │   ├── ClientRefusedError      the vendor does not know our client
    │   ├── ClientMissingError      the operator has to register a client first
    │   └── ServerUnusableError     an MCP server's metadata is missing or wrong
    │       ├── ForeignMetadataError   it belongs to another issuer or resource
    │       └── PkceMissingError       it names PKCE methods without S256
    ├── BrokerSettingError          the address or the key of a broker is unusable
    ├── BrokerRefusedError          the broker refuses this client or this request
    ├── NotAtBrokerError            a broker does not do this: it only hands out access tokens
    ├── InsufficientScopeError      the login works, but lacks scopes for this request
    ├── UnknownVendorError          the vendor is unknown, or not offered here
    │   ├── LabelError              no account can have this label
    │   ├── ProgramsOnlyAccountError  the vendor's own program keeps one login, so no account has a label
    │   ├── NobodyMeantError        `@me` was asked for, and nobody is known whose account that is
    │   ├── RiskNotAcceptedError    the operator has not accepted this vendor's risk
    │   └── NoLoginError            the vendor has no login here; its tokens are environment variables
    ├── ConfigError                 the config has mistakes, each with its key and reason
    │   ├── NetworkVariableError    a variable about proxies or certificates is unusable, so no request can be sent
    │   ├── PasswordOnCommandLineError  a URL on the command line holds a password
    │   ├── RelativePathError       an environment variable holds a relative path
    │   └── UnknownHomeError        `~` has no known home folder
    ├── PasteRefusedError           the paste does not finish this login; `reason` names the mistake
    │   └── DeniedRedirectError     the vendor's redirect reports an error (`openab_auth.oauth.paste`)
    ├── NoPendingLoginError         no pending login: never begun, used, cancelled or expired
    ├── WhichLoginError             several logins are pending, and the person named none
    ├── ExchangeRefusedError        the vendor refused the authorization code
    ├── ProgramWaitsError           the vendor's own login program still waits for input
    ├── ProgramFailedError          the vendor's own login program ended without a login
    ├── LoginDeniedError            a device login was declined
    ├── LoginExpiredError           nobody approved a device login in time
    ├── LoginNotStoredError         the login worked, but the store did not take its credential
    ├── TooManyLoginsError          this person has too many pending logins
    ├── TooManyAccountsError        this person has made too many logins to accounts with a label
    ├── TooManyWaitError            the store has too many pending logins
    ├── LoginConflictError          a person decides between the new login and a stored one
    │   ├── LoginTakenError         another person's login exists: replacing it needs a confirmation
    │   │   └── LoginOvertakenError  another person's login was stored during this one
    │   └── AccountStoredError      the same vendor account is stored under another key: storing it twice needs one, too
    ├── ThreadIdError               the thread of an agent is no Discord id
    ├── AccountNotForThreadError    another person's account, or a shared one where only personal ones serve
    ├── NotThreadOwnerError         only the owner of a thread, or an operator, chooses its accounts
    ├── NotRequestableError         an agent may not ask people for this account
    ├── TooManyRequestsError        agents ask for too many logins already
    ├── ReservedLoginError          the `openab` program keeps this login, so nobody else may change it
    ├── LoginChangedError           the login to remove was replaced meanwhile
    ├── PersonChangedError          what a person has here changed since the question whether to end it
    ├── ServerNotAddedError         an MCP server was not added; the subclasses say why
    └── ServerNotRemovedError       an MCP server was not removed; the subclasses say why
"""

from openab_auth.oauth.errors.base import BEGIN_AGAIN, LOG_IN_AGAIN, OLDER_UNTOUCHED, Asked, OAuthError
from openab_auth.oauth.errors.broker import (
    BrokerRefusedError,
    BrokerSettingError,
    BrokerUnavailableError,
    NotAtBrokerError,
)
from openab_auth.oauth.errors.logins import (
    AccountStoredError,
    ExchangeRefusedError,
    LoginChangedError,
    LoginConflictError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NoPendingLoginError,
    PasteRefusedError,
    PersonChangedError,
    ProgramFailedError,
    ProgramWaitsError,
    ReservedLoginError,
    TooManyAccountsError,
    TooManyLoginsError,
    TooManyWaitError,
    WhichLoginError,
)
from openab_auth.oauth.errors.operator import (
    ClientMissingError,
    ClientRefusedError,
    ConfigError,
    ForeignMetadataError,
    LabelError,
    NetworkVariableError,
    NobodyMeantError,
    NoLoginError,
    NotRefreshableError,
    PasswordOnCommandLineError,
    PkceMissingError,
    PlanMissingError,
    ProgramMissingError,
    ProgramsOnlyAccountError,
    RelativePathError,
    RiskNotAcceptedError,
    SecretMissingError,
    ServerUnusableError,
    StillMisconfiguredError,
    UnknownHomeError,
    UnknownVendorError,
    VendorMisconfiguredError,
)
from openab_auth.oauth.errors.redaction import join_words, one_line, redact, remove_secrets, safe_name
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
from openab_auth.oauth.errors.threads import (
    AccountNotForThreadError,
    NoAccountForThreadError,
    NotAgreedError,
    NotRequestableError,
    NotThreadOwnerError,
    ThreadIdError,
    TooManyRequestsError,
)
from openab_auth.oauth.errors.tokens import (
    InsufficientScopeError,
    KeyUncheckedError,
    LoginDeadError,
    NothingOfPersonError,
    NotLoggedInError,
    ProgramKeepsLoginError,
    RefreshBusyError,
    RefreshRefusedError,
    RefreshUnansweredError,
    VendorUnavailableError,
)
from openab_auth.oauth.errors.visible import visible_text

__all__ = [
    "BEGIN_AGAIN",
    "LOG_IN_AGAIN",
    "OLDER_UNTOUCHED",
    "AccountNotForThreadError",
    "AccountStoredError",
    "AddingServersOffError",
    "Asked",
    "BrokerRefusedError",
    "BrokerSettingError",
    "BrokerUnavailableError",
    "ClientMissingError",
    "ClientRefusedError",
    "ConfigError",
    "ExchangeRefusedError",
    "ForeignLoginError",
    "ForeignMetadataError",
    "InsufficientScopeError",
    "KeyUncheckedError",
    "LabelError",
    "LoginChangedError",
    "LoginConflictError",
    "LoginDeadError",
    "LoginDeniedError",
    "LoginExpiredError",
    "LoginNotStoredError",
    "LoginOvertakenError",
    "LoginTakenError",
    "NetworkVariableError",
    "NoAccountForThreadError",
    "NoLoginError",
    "NoPendingLoginError",
    "NobodyMeantError",
    "NotAgreedError",
    "NotAtBrokerError",
    "NotLoggedInError",
    "NotRefreshableError",
    "NotRequestableError",
    "NotThreadOwnerError",
    "NothingOfPersonError",
    "OAuthError",
    "PasswordOnCommandLineError",
    "PasteRefusedError",
    "PersonChangedError",
    "PkceMissingError",
    "PlanMissingError",
    "ProgramFailedError",
    "ProgramKeepsLoginError",
    "ProgramMissingError",
    "ProgramWaitsError",
    "ProgramsOnlyAccountError",
    "RefreshBusyError",
    "RefreshRefusedError",
    "RefreshUnansweredError",
    "RelativePathError",
    "ReservedLoginError",
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
    "ThreadIdError",
    "TooManyAccountsError",
    "TooManyLoginsError",
    "TooManyRequestsError",
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
