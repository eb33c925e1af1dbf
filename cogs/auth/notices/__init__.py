"""Messages outside the commands: pastes in direct messages, and news about dead logins."""

from openab_auth.cogs.auth.notices.dead_logins import DeadLogins
from openab_auth.cogs.auth.notices.direct_messages import DirectMessages

__all__ = ["DeadLogins", "DirectMessages"]
