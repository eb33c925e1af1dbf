"""What people send or are told outside a command."""

from openab_auth.cogs.auth.notices.dead_logins import DeadLogins
from openab_auth.cogs.auth.notices.direct_messages import DirectMessages

__all__ = ["DeadLogins", "DirectMessages"]
