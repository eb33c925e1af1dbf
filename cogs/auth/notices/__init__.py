"""Messages outside the commands: pastes in DMs, news about logins, people who left, and logins that agents ask for."""

from openab_auth.cogs.auth.notices.direct_messages import DirectMessages
from openab_auth.cogs.auth.notices.leaves import Leaves
from openab_auth.cogs.auth.notices.login_notices import LoginNotices
from openab_auth.cogs.auth.notices.login_requests import LoginRequests

__all__ = ["DirectMessages", "Leaves", "LoginNotices", "LoginRequests"]
