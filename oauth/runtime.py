"""The composition root: the store, the vendors and the driver of a process, shared by all of its parts."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from openab_auth.storage import AsyncStore, Store, in_thread

if TYPE_CHECKING:  # a valid token needs neither the tables of vendors nor an HTTP client
    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.config import Config
    from openab_auth.oauth.observer import Observer
    from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue
    from openab_auth.storage import StoreLocation

_log: Final = logging.getLogger(__name__)


class Runtime:
    """The parts of one process; as an async context manager it closes the parts that it opened.

    Without a `catalogue` and a `driver` they are made when a part first asks for them, the catalogue from the config
    and from `environ`. `clock` gives unix seconds. `location` names the store to people. A driver that is passed in
    stays open. The `observer` is told about the commits of a store that is opened here, and about refreshes.
    """

    def __init__(  # noqa: PLR0913 - one part each
        self,
        store: Store | AsyncStore,
        catalogue: Catalogue | None = None,
        driver: Driver | None = None,
        clock: Callable[[], float] = time.time,
        *,
        environ: Mapping[str, str] = os.environ,
        location: str = "",
        observer: Observer | None = None,
    ) -> None:
        self.store = store if isinstance(store, AsyncStore) else AsyncStore(store, observer)
        self.observer = observer
        self.clock = clock
        self.environ = environ
        self.location = location
        self._current = _holding(catalogue) if catalogue is not None else None
        self._driver = driver
        self._opened_driver: Driver | None = None

    @classmethod
    def open(
        cls,
        config: Config,
        location: str | StoreLocation,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
        observer: Observer | None = None,
    ) -> Self:
        """Open the store at `location` and read the vendors of `config`; nothing is read from the store yet.

        A `location` that is a text has the options of the config.

        Raises:
            ConfigError: a vendor's table has mistakes; all of them are named.
            StorageError: `location` names no store, or its options are wrong.
        """
        from openab_auth.oauth.vendors import Catalogue  # noqa: PLC0415 - see above
        from openab_auth.storage import StoreLocation, open_store  # noqa: PLC0415 - an opened store needs neither

        if isinstance(location, str):
            location = StoreLocation(location, config.store.options)
        catalogue = Catalogue.from_config(config, environ)
        store = open_store(location, environ=environ)
        return cls(store, catalogue, clock=clock, environ=environ, location=str(location), observer=observer)

    @property
    def known_catalogue(self) -> Catalogue | None:
        """Return the catalogue, or None if nothing has loaded it yet."""
        return None if self._current is None else self._current.now

    @property
    def catalogue(self) -> Catalogue:
        """Return the vendors of the config, which are read at the first call; this blocks.

        Raises:
            ConfigError: the config has mistakes.
        """
        return self.current_catalogue.now

    @property
    def current_catalogue(self) -> CurrentCatalogue:
        """Return the object that holds `catalogue`: a reload of the config replaces what it holds.

        Raises:
            ConfigError: the config has mistakes.
        """
        if self._current is None:
            from openab_auth.oauth.vendors import Catalogue, read_config  # noqa: PLC0415 - see above

            self._current = _holding(Catalogue.from_config(read_config(None, self.environ), self.environ))
        return self._current

    @property
    def driver(self) -> Driver:
        """Return the driver for all vendors, which is made at the first call."""
        if self._driver is None:
            self._driver = self._opened_driver = _driver_class()(clock=self.clock, environ=self.environ)
        return self._driver

    async def load_catalogue(self) -> Catalogue:
        """Return `catalogue`, read in a worker thread.

        Raises:
            ConfigError: the config has mistakes.
        """
        if self._current is None:
            return await in_thread(lambda: self.catalogue)
        return self._current.now

    async def load_driver(self) -> Driver:
        """Return `driver`; import it in a worker thread, because authlib would block the event loop for long."""
        if self._driver is None:
            await in_thread(_driver_class)
        return self.driver

    async def catalogue_with_added(self) -> Catalogue:
        """Return the vendors of the config together with the servers that people have added by now."""
        return await self.store.run((await self.load_catalogue()).with_servers_of)

    async def aclose(self) -> None:
        """Wait for the commits under way, and close the driver that was opened here."""
        await self.store.aclose()
        if self._opened_driver is None:
            return
        driver, self._driver, self._opened_driver = self._opened_driver, None, None
        try:
            await driver.aclose()
        except Exception as error:  # noqa: BLE001 - every token is stored by now
            _log.warning("a connection could not be closed (%s)", type(error).__name__)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _holding(catalogue: Catalogue) -> CurrentCatalogue:
    from openab_auth.oauth.vendors.current_catalogue import CurrentCatalogue  # noqa: PLC0415 - see above

    return CurrentCatalogue(catalogue)


def _driver_class() -> type[Driver]:
    from openab_auth.oauth.client.driver import Driver  # noqa: PLC0415 - only a request pays for it

    return Driver
