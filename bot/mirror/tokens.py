"""The logins of a mirror, renewed before they end; each token is asked for like that of any other agent."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Final

from openab_auth.oauth.accounts import Account, stored_account
from openab_auth.oauth.entries import AccessToken
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors.server_names import OF_OPENAB
from openab_auth.storage import LoginEntry, Tenant
from openab_auth.storage.errors import OpenabAuthError, words_of

_AHEAD: Final = 900.0  # seconds; a token is renewed so long before its end, earlier than the bot renews it
_SHORT: Final = 3  # a token with a short life is renewed when this part of it is left
_SOON: Final = 5.0  # seconds until the next attempt at least
_LATE: Final = 60.0  # seconds until the next attempt at most; the clock may be set meanwhile
_log: Final = logging.getLogger(__name__)


class MirrorTokens:
    """Reads the logins that a mirror holds: those that are `named`, or every shared default."""

    def __init__(self, runtime: Runtime, source: TokenSource, named: Sequence[str]) -> None:
        self._runtime = runtime
        self._source = source
        self._named = named
        self._leads: dict[Tenant, tuple[AccessToken, float]] = {}
        self._told: dict[Tenant, str] = {}

    async def accounts(self) -> dict[Tenant, Account]:
        """Return the accounts of the mirror that have a login now.

        Raises:
            OAuthError: a named account is unknown.
            StorageError: the store cannot be read.
        """
        entries = await self._runtime.store.read()
        if self._named:
            accounts = [(await self._source.account_for(word)).account for word in self._named]
        else:
            catalogue = await self._runtime.catalogue_with_added()
            defaults = [(key, entry) for key, entry in entries.items() if _is_default(key, entry)]
            accounts = [stored_account(Tenant(key), entry, catalogue) for key, entry in defaults]
        return {one.tenant: one for one in accounts if isinstance(entries.get(one.tenant), LoginEntry)}

    async def renew(self) -> tuple[dict[str, LoginEntry], float]:
        """Return the logins with tokens that live for some time, and the seconds until one of them is due again."""
        logins: dict[str, LoginEntry] = {}
        due = math.inf
        for tenant, account in (await self.accounts()).items():
            token = await self._token(account)
            entry = (await self._runtime.store.read()).get(tenant)
            if token is None or not isinstance(entry, LoginEntry):
                continue
            if entry.expires_at > self._runtime.clock():
                logins[tenant] = entry
            due = min(due, entry.expires_at - self._lead(tenant, AccessToken.of(entry)))
        return logins, min(max(due - self._runtime.clock(), _SOON), _LATE)

    async def current(self, tenant: Tenant) -> AccessToken:
        """Return a valid token of an account of the mirror.

        Raises:
            NotLoggedInError: the mirror has no such account.
            OAuthError, StorageError: as `TokenSource.get_valid`.
        """
        account = (await self.accounts()).get(tenant)
        if account is None:
            raise NotLoggedInError(tenant)
        return await self._source.get_valid(account)

    async def _token(self, account: Account) -> AccessToken | None:
        """Return a token, renewed if it is due; None if the login has ended, or gives none now."""
        try:
            token = await self._source.get_valid(account, min_ttl=self._known_lead(account.tenant))
        except OpenabAuthError as error:
            self._tell(account.tenant, error)
            return None
        self._told.pop(account.tenant, None)
        return token

    def _known_lead(self, tenant: Tenant) -> float:
        known = self._leads.get(tenant)
        return 0.0 if known is None else known[1]

    def _lead(self, tenant: Tenant, token: AccessToken) -> float:
        """Return how many seconds before its end a token is renewed."""
        known = self._leads.get(tenant)
        if known is None or known[0] != token:
            left = token.expires_at - self._runtime.clock()
            self._leads[tenant] = known = token, min(_AHEAD, max(left, 0.0) / _SHORT)
        return known[1]

    def _tell(self, tenant: Tenant, error: OpenabAuthError) -> None:
        """Log a failure once, until it is over or another one comes."""
        if self._told.get(tenant) != words_of(error):
            level = logging.INFO if isinstance(error, LoginDeadError | NotLoggedInError) else logging.WARNING
            _log.log(level, "%s is not in the mirror: %s", tenant, words_of(error))
        self._told[tenant] = words_of(error)


def _is_default(key: str, entry: object) -> bool:
    return isinstance(entry, LoginEntry) and "@" not in key and key != OF_OPENAB
