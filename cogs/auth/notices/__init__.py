"""Messages outside the commands: pastes in direct messages, news about logins, and logins that agents ask for."""

from openab_auth.cogs.auth.notices.direct_messages import DirectMessages
from openab_auth.cogs.auth.notices.login_notices import LoginNotices
from openab_auth.cogs.auth.notices.login_requests import LoginRequests

__all__ = ["DirectMessages", "LoginNotices", "LoginRequests"]
