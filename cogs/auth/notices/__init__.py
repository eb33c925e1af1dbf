"""Messages outside the commands: pastes in direct messages, and news about dead logins and people who left."""

from openab_auth.cogs.auth.notices.dead_logins import DeadLogins
from openab_auth.cogs.auth.notices.direct_messages import DirectMessages
from openab_auth.cogs.auth.notices.leaves import Leaves

__all__ = ["DeadLogins", "DirectMessages", "Leaves"]
