"""Each error that a person can meet, with every value that changes its sentences."""

from __future__ import annotations

import os

from openab_auth.cogs.auth.guard.errors import (
    AccessUnknownError,
    BotRefusedError,
    DirectMessageRefusedError,
    NoAllowedRoleError,
    NobodysLoginError,
    NotListedError,
    NotYourLoginError,
    NotYourServerError,
    RolesHiddenError,
)
from openab_auth.cogs.auth.guard.open_requests import ClosingError
from openab_auth.cogs.auth.guard.rate_limit import TooManyAttemptsError
from openab_auth.cogs.auth.views.login import LinkTooLongError
from openab_auth.cogs.auth.views.logout import NameTooLongError
from openab_auth.oauth.errors import (
    AddingServersOffError,
    ClientMissingError,
    ClientRefusedError,
    ExchangeRefusedError,
    ForeignLoginError,
    ForeignMetadataError,
    KeyUncheckedError,
    LabelError,
    LoginChangedError,
    LoginDeadError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    LoginOvertakenError,
    LoginTakenError,
    NetworkVariableError,
    NobodyMeantError,
    NoLoginError,
    NoPendingLoginError,
    NotLoggedInError,
    PkceMissingError,
    PlanMissingError,
    ProgramFailedError,
    ProgramMissingError,
    ProgramWaitsError,
    RefreshBusyError,
    RefreshRefusedError,
    ReservedLoginError,
    RiskNotAcceptedError,
    SecretMissingError,
    ServerAddressError,
    ServerInUseError,
    ServerNameError,
    ServerNameTakenError,
    ServerNotThereError,
    ServerUnusableError,
    TooManyLoginsError,
    TooManyServersError,
    TooManyWaitError,
    UnknownVendorError,
    VendorMisconfiguredError,
    VendorUnavailableError,
    WhichLoginError,
)
from openab_auth.oauth.paste import DeniedRedirectError, PasteMistake
from openab_auth.oauth.paste.mistakes import paste_refusal
from openab_auth.storage import Tenant, UserId
from openab_auth.storage.errors import (
    InvalidEntryError,
    InvalidTenantError,
    OpenabAuthError,
    ServersUnwrittenError,
    StoreBusyError,
    StoreUnreadableError,
    StoreUnwritableError,
)
from openab_auth.storage.file_faults import NUMBERS

REDIRECT = "http://localhost:53682/callback"
MET: list[OpenabAuthError] = [
    BotRefusedError(),
    DirectMessageRefusedError(),
    NotListedError(UserId(5)),
    NoAllowedRoleError(UserId(5)),
    RolesHiddenError(UserId(5)),
    AccessUnknownError(),
    NotYourLoginError(UserId(5)),
    NobodysLoginError(),
    NotYourServerError(UserId(5)),
    TooManyAttemptsError(10, 41.6),
    ClosingError(),
    LinkTooLongError("The Lab", 5000),
    NameTooLongError(),
    NotLoggedInError("lab"),
    LoginDeadError("lab", "invalid_grant"),
    LoginTakenError(Tenant("lab"), 5, "ada@example.com"),
    LoginChangedError("lab"),
    ReservedLoginError("gmail-native"),
    LoginOvertakenError(LoginTakenError(Tenant("lab"), 5, "ada@example.com")),
    RefreshBusyError("lab", 20.0),
    UnknownVendorError("lob", ("lab", "second")),
    UnknownVendorError("lob", ()),
    LabelError("lab", "Not a label"),
    NobodyMeantError("lab"),
    VendorUnavailableError("lab", "HTTP 503"),
    RefreshRefusedError("lab", "HTTP 400, E1234"),
    KeyUncheckedError("lab", "HTTP 503"),
    VendorUnavailableError("lab", "HTTP 503", asked="code"),
    VendorUnavailableError("lab", "no route", asked="code", processed=False),
    NetworkVariableError("ALL_PROXY", "names a socks:// proxy", "unset it"),
    VendorMisconfiguredError("lab", "invalid_client", "compare the table with the documentation"),
    VendorMisconfiguredError("lab", "its certificate", "check the clock", asked="code", processed=False),
    ClientRefusedError("lab", "invalid_client", "compare the table with the documentation"),
    *(
        ClientMissingError(
            "mcp:lab", "HTTP 404", issuer="https://as.example", redirect_uri=REDIRECT, scopes=scopes, table="[mcp.lab]"
        )
        for scopes in ((), ("read", "write"))
    ),
    ForeignMetadataError("mcp:lab", "its metadata is of another issuer", "write issuer into [mcp.lab]"),
    PkceMissingError("mcp:lab", "its authorization server does not announce PKCE with S256", "tell the operator"),
    ServerUnusableError("mcp:lab", "its metadata is of another issuer", "write issuer into [mcp.lab]"),
    AddingServersOffError(),
    ServerNameError("it is too long"),
    ServerNameTakenError("lab", "the vendor lab"),
    ServerAddressError("must be https"),
    ForeignLoginError("lab"),
    TooManyServersError(50),
    ServerNotThereError(),
    ServerInUseError("lab"),
    ExchangeRefusedError("lab", "invalid_grant"),
    LoginDeniedError("lab", "access denied"),
    SecretMissingError("lab", "LAB_SECRET"),
    SecretMissingError("lab", "", "the program 'lab-cli', which has it, is not on PATH"),
    PlanMissingError("lab", "no seat"),
    ProgramMissingError("lab", "lab-cli"),
    ProgramFailedError("lab", 1, "no network"),
    ProgramWaitsError("lab", "enter the code"),
    ProgramWaitsError("lab", ""),
    ProgramFailedError("lab", None, ""),
    RiskNotAcceptedError("lab", "tos-risk"),
    NoLoginError("The Lab", ("LAB_KEY",), "It has no login."),
    NoLoginError("The Lab", ("LAB_KEY", "LAB_TOKEN"), ""),
    LoginExpiredError("lab"),
    LoginNotStoredError("lab", StoreUnwritableError("/data/auth_file.json", "ENOSPC")),
    TooManyLoginsError(5),
    TooManyWaitError(20_000),
    NoPendingLoginError("lab"),
    NoPendingLoginError(),
    WhichLoginError(("lab", "second")),
    *(paste_refusal(reason) for reason in PasteMistake if reason is not PasteMistake.DENIED),
    DeniedRedirectError("access_denied", "no", ends_login=True),
    DeniedRedirectError(ends_login=True),
    DeniedRedirectError("access_denied", ends_login=False),
    *(
        refused("/data/auth_file.json", OSError(number, os.strerror(number)))
        for refused in (StoreUnreadableError, StoreUnwritableError)
        for number in NUMBERS
    ),
    StoreUnreadableError("/data/auth_file.json", "it is not UTF-8 at byte 7"),
    StoreUnwritableError("/data/auth_file.json", "it is not a regular file"),
    ServersUnwrittenError(StoreUnwritableError("/data/auth_file.json.servers", "ENOSPC")),
    StoreBusyError("/data/auth_file.json", 10.0),
    InvalidTenantError("a/b", "it holds a slash"),
    InvalidEntryError("lab", "no expiry"),
]
