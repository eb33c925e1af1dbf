"""The errors that each exit status of the contract stands for; only a failure loads this table."""

from __future__ import annotations

from typing import Final

from openab_auth.bot.broker.errors import AddressTakenError, BrokerError
from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.errors import (
    DiscordQuotaError,
    DiscordRefusedError,
    DiscordSessionsError,
    DiscordUnavailableError,
    HealthAddressError,
    SystemRefusedError,
)
from openab_auth.bot.mirror.errors import MirrorError, MirrorRunningError
from openab_auth.oauth.audit import AuditUnreadableError
from openab_auth.oauth.errors import (
    AccountNotForThreadError,
    BrokerRefusedError,
    BrokerSettingError,
    ConfigError,
    ExchangeRefusedError,
    InsufficientScopeError,
    LoginChangedError,
    LoginConflictError,
    LoginDeadError,
    LoginDeniedError,
    LoginExpiredError,
    LoginNotStoredError,
    NoPendingLoginError,
    NotAtBrokerError,
    NotLoggedInError,
    NotRequestableError,
    NotThreadOwnerError,
    PasteRefusedError,
    PersonChangedError,
    ProgramFailedError,
    ProgramWaitsError,
    RefreshBusyError,
    ReservedLoginError,
    ServerNotAddedError,
    ServerNotRemovedError,
    ThreadIdError,
    TooManyAccountsError,
    TooManyLoginsError,
    TooManyRequestsError,
    TooManyWaitError,
    UnknownVendorError,
    VendorMisconfiguredError,
    VendorUnavailableError,
    WhichLoginError,
)
from openab_auth.storage.errors import (
    InvalidTenantError,
    OpenabAuthError,
    StorageError,
    StoreBusyError,
    StoreSettingsError,
)
from openab_auth.storage.mirror_mark import MirrorOnlyError

_USAGE: Final = 2


class NothingWaitsError(NoPendingLoginError):
    """No login waits that could be cancelled; a paste for which none waits is refused instead."""


# The first class that matches decides, so a child class comes before its parent.
STATUSES: Final[tuple[tuple[type[OpenabAuthError], int], ...]] = (
    (UsageError, _USAGE),
    (ConfigError, _USAGE),
    (UnknownVendorError, _USAGE),
    (WhichLoginError, _USAGE),
    (VendorMisconfiguredError, _USAGE),
    (InvalidTenantError, _USAGE),
    (StoreSettingsError, _USAGE),
    (ReservedLoginError, _USAGE),
    (ServerNotAddedError, _USAGE),
    (ServerNotRemovedError, _USAGE),
    (DiscordRefusedError, _USAGE),
    (HealthAddressError, 6),  # another program may free it: a service manager tries again
    (ThreadIdError, _USAGE),
    (AccountNotForThreadError, _USAGE),
    (NotThreadOwnerError, _USAGE),
    (NotRequestableError, _USAGE),
    (BrokerSettingError, _USAGE),
    (BrokerRefusedError, _USAGE),
    (NotAtBrokerError, _USAGE),
    (AddressTakenError, 6),  # as the health address
    (BrokerError, _USAGE),
    (MirrorRunningError, 5),
    (MirrorError, _USAGE),
    (NotLoggedInError, 3),
    (LoginDeadError, 4),
    (InsufficientScopeError, 4),
    (PersonChangedError, 5),
    (LoginChangedError, 5),  # a second logout is about the login that is stored then
    (RefreshBusyError, 5),
    (VendorUnavailableError, 5),
    (StoreBusyError, 5),
    (MirrorOnlyError, 5),
    (DiscordUnavailableError, 5),
    (DiscordQuotaError, 5),
    (DiscordSessionsError, 5),
    (TooManyAccountsError, 5),
    (TooManyLoginsError, 5),
    (TooManyRequestsError, 5),
    (TooManyWaitError, 5),
    (StorageError, 6),
    (AuditUnreadableError, 6),
    (SystemRefusedError, 6),
    (LoginNotStoredError, 6),
    (PasteRefusedError, 7),
    (NothingWaitsError, 8),
    (NoPendingLoginError, 7),
    (ExchangeRefusedError, 7),
    (ProgramFailedError, 7),
    (ProgramWaitsError, 7),
    (LoginDeniedError, 7),
    (LoginExpiredError, 7),
    (LoginConflictError, 7),
)
