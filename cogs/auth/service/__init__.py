"""What the commands do, without a word about Discord's messages."""

from openab_auth.cogs.auth.service.servers import GROUP, Added
from openab_auth.cogs.auth.service.service import AuthService, open_service

__all__ = ["GROUP", "Added", "AuthService", "open_service"]
