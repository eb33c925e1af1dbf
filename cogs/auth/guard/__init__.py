"""The guard of every request: who may use /auth, how often, and what the audit log says about it."""

from openab_auth.cogs.auth.guard.access import Access, Caller, author_of, caller_of
from openab_auth.cogs.auth.guard.audit import Audit, AuditLine, EndedNames
from openab_auth.cogs.auth.guard.errors import (
    AccessDeniedError,
    DirectMessageRefusedError,
    NotListedError,
    NotListedOperatorError,
    NotYourServerError,
)
from openab_auth.cogs.auth.guard.guard import Guard
from openab_auth.cogs.auth.guard.incidents import incident_of, is_shortened, new_incident, only_operator_can_mend
from openab_auth.cogs.auth.guard.members import Members
from openab_auth.cogs.auth.guard.open_work import ClosingError
from openab_auth.cogs.auth.guard.rate_limit import RateLimit
from openab_auth.cogs.auth.guard.settings import (
    DISCORD_API,
    DiscordSettings,
    GuildRules,
    read_bot_config,
    read_settings,
)

__all__ = [
    "DISCORD_API",
    "Access",
    "AccessDeniedError",
    "Audit",
    "AuditLine",
    "Caller",
    "ClosingError",
    "DirectMessageRefusedError",
    "DiscordSettings",
    "EndedNames",
    "Guard",
    "GuildRules",
    "Members",
    "NotListedError",
    "NotListedOperatorError",
    "NotYourServerError",
    "RateLimit",
    "author_of",
    "caller_of",
    "incident_of",
    "is_shortened",
    "new_incident",
    "only_operator_can_mend",
    "read_bot_config",
    "read_settings",
]
