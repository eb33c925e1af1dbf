"""Remember the catalogue with which each pending login began: it goes on with that one, also after a reload."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openab_auth.oauth.entries import PendingLogin
    from openab_auth.oauth.flows import LoginContext, LoginOffer
    from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue
    from openab_auth.storage import AsyncStore


class CataloguesOfLogins(NamedTuple):
    """The `current` catalogue, and by generation those with which older pending logins began.

    They hold the servers that people have added, too.
    """

    current: Catalogue
    older: Mapping[str, Catalogue]

    def of(self, login: PendingLogin) -> Catalogue:
        """Return the catalogue with which a login goes on."""
        return self.older.get(login.generation, self.current)

    def naming(self, vendor: str, logins: Iterable[PendingLogin]) -> Catalogue:
        """Return the catalogue in which to look a vendor's name up, given the pending logins of the person."""
        return next((self.of(login) for login in logins if login.vendor == vendor), self.current)


class BegunLogins:
    """Remembers the catalogues of the logins that began in this process, as long as they can be pending.

    After a restart, and for logins that another process has begun, the current catalogue counts.
    """

    def __init__(self, current: CurrentCatalogue, store: AsyncStore, *, clock: Callable[[], float]) -> None:
        self._current = current
        self._store = store
        self._clock = clock
        self._begun: dict[str, tuple[float, Catalogue]] = {}  # by generation: the end, and the config's catalogue

    def note(self, offer: LoginOffer, configured: Catalogue) -> None:
        """Remember with which catalogue of the config a login began."""
        now = self._clock()
        self._begun = {one: begun for one, begun in self._begun.items() if begun[0] > now}
        if offer.generation:  # a login that another program has begun has none, and must not be taken for this one
            self._begun[offer.generation] = float(offer.expires_at), configured

    def context(self, context: LoginContext, configured: Catalogue) -> LoginContext:
        """Return the context for a login that goes on with this catalogue of the config."""
        if configured is self._current.now:
            return context
        return replace(context, catalogue=lambda: self._store.run(configured.with_servers_of))

    def configured(self, login: PendingLogin) -> Catalogue:
        """Return the catalogue of the config with which a login goes on."""
        return self._begun[login.generation][1] if login.generation in self._begun else self._current.now

    async def catalogues(self, logins: Iterable[PendingLogin]) -> CataloguesOfLogins:
        """Return the catalogues for these pending logins."""
        current = self._current.now
        begun = {login.generation: self.configured(login) for login in logins}
        older = {generation: configured for generation, configured in begun.items() if configured is not current}
        return CataloguesOfLogins(
            await self._store.run(current.with_servers_of),
            {one: await self._store.run(older[one].with_servers_of) for one in older},
        )
