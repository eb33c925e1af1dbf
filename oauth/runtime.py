"""The composition root: opens the store, the vendors and the driver of a process once, for all of its parts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, Store, open_store

if TYPE_CHECKING:  # the driver imports an HTTP client, and a valid token or `status` needs neither
    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.config import Config
    from openab_auth.oauth.flows import Admit
    from openab_auth.oauth.logins import Logins, RecordEnd
    from openab_auth.oauth.tokens import TokenSource


class Runtime:
    """The parts of one process; as an async context manager it closes the parts that it opened.

    `clock` gives unix seconds. `location` names the store to people. A driver that is passed in stays open.
    """

    def __init__(  # noqa: PLR0913 - one part each
        self,
        store: Store | AsyncStore,
        catalogue: Catalogue,
        driver: Driver | None = None,
        clock: Callable[[], float] = time.time,
        *,
        environ: Mapping[str, str] = os.environ,
        location: str = "",
    ) -> None:
        self.store = store if isinstance(store, AsyncStore) else AsyncStore(store)
        self.catalogue = catalogue
        self.clock = clock
        self.environ = environ
        self.location = location
        self._driver = driver
        self._opened_driver: Driver | None = None

    @classmethod
    def open(
        cls,
        config: Config,
        location: str,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Open the store at `location` and read the vendors of `config`; nothing is read from the store yet.

        Raises:
            ConfigError: a vendor's table has mistakes; all of them are named.
            StorageError: `location` names no store.
        """
        catalogue = Catalogue.from_config(config, environ)
        return cls(open_store(location), catalogue, clock=clock, environ=environ, location=location)

    @property
    def driver(self) -> Driver:
        """Return the driver for all vendors; make it when a part first asks for it."""
        if self._driver is None:
            from openab_auth.oauth.client.driver import Driver  # noqa: PLC0415 - see above

            self._driver = self._opened_driver = Driver(clock=self.clock)
        return self._driver

    def logins(self, admit: Admit | None = None, record_end: RecordEnd | None = None) -> Logins:
        """Return the logins and logouts; for `admit` and `record_end` see `Logins`."""
        from openab_auth.oauth.logins import Logins  # noqa: PLC0415 - see above

        return Logins(
            self.catalogue,
            self.store,
            self.driver,
            clock=self.clock,
            environ=self.environ,
            admit=admit,
            record_end=record_end,
        )

    def token_source(self) -> TokenSource:
        """Return a source of valid tokens; it opens a driver only when it must refresh and none is open."""
        from openab_auth.oauth.tokens import TokenSource  # noqa: PLC0415 - logins alone need none

        return TokenSource(self.store, catalogue=self.catalogue, driver=self._driver, clock=self.clock)

    async def catalogue_with_added(self) -> Catalogue:
        """Return the vendors of the config together with the servers that people have added by now."""
        return await self.store.run(self.catalogue.with_servers_of)

    async def aclose(self) -> None:
        """Wait for the commits under way and close the driver."""
        if self._opened_driver is not None:
            driver, self._driver, self._opened_driver = self._opened_driver, None, None
            await driver.aclose()
        await self.store.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
