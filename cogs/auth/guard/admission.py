"""Checks access again before a login that needed no paste is stored: the person may have lost their role since."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.errors import AccessDeniedError, NoAllowedRoleError
from openab_auth.oauth.entries import PendingLogin
from openab_auth.oauth.vendors.account_labels import person_in
from openab_auth.storage.entries import CONSOLE, UserId


class Admission:
    """Checks listed people by id, and the roles of everybody else with `fetch_caller`, which the cog sets."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.fetch_caller: Callable[[UserId, int], Awaitable[Caller]] | None = None

    def may_go_on(self, login: PendingLogin) -> bool:
        """Return whether to resume a login after a restart, as far as the bot can know without Discord."""
        try:
            self._check_account(login)
            self._access.check(Caller(login.user, guild=login.begun.guild))
        except NoAllowedRoleError:
            return login.begun.guild is not None  # their roles are checked there
        except AccessDeniedError:
            return False
        return login.user != CONSOLE

    async def check(self, login: PendingLogin) -> None:
        """Refuse a login if its person may not log agents in any more.

        Raises:
            AccessDeniedError: the person is not allowed. `AccessUnknownError`: Discord did not tell the roles.
        """
        guild = login.begun.guild
        self._check_account(login)
        try:
            self._access.check(Caller(login.user, guild=login.begun.guild))
        except NoAllowedRoleError:
            if self.fetch_caller is None or guild is None:
                raise
            self._access.check(await self.fetch_caller(login.user, guild), in_any_channel=True)

    def _check_account(self, login: PendingLogin) -> None:
        self._access.check_account(Caller(login.user), person_in(login.vendor))
