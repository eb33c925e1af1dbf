"""Whether a login that needs no paste may still be stored: asked again when its vendor has given it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.errors import AccessDeniedError, NoAllowedRoleError
from openab_auth.oauth.entries import PendingLogin
from openab_auth.storage.entries import CONSOLE, UserId


class Admission:
    """Knows by id who is listed; asks `ask` for the roles of everybody else, once the cog has set it."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.ask: Callable[[UserId, int], Awaitable[Caller]] | None = None

    def may_go_on(self, login: PendingLogin) -> bool:
        """Return whether a login of before a restart may still end well, as far as that is known without Discord."""
        try:
            self._access.check(Caller(login.user))
        except NoAllowedRoleError:
            return login.begun.guild is not None  # where their roles are asked for
        except AccessDeniedError:
            return False
        return login.user != CONSOLE

    async def check(self, login: PendingLogin) -> None:
        """Refuse a login whose person may not log agents in by now.

        Raises:
            AccessDeniedError: why not; `AccessUnknownError` where Discord does not say.
        """
        guild = login.begun.guild
        try:
            self._access.check(Caller(login.user))
        except NoAllowedRoleError:
            if self.ask is None or guild is None:
                raise
            self._access.check(await self.ask(login.user, guild))
