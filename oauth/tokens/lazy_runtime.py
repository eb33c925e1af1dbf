"""The catalogue and the driver for refreshes, made when a refresh first needs them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.oauth.client.driver import Driver
    from openab_auth.oauth.vendors.catalogue import Catalogue

_log: Final = logging.getLogger(__name__)


class LazyRuntime:
    """The catalogue and the driver of one process, given by the host or made from the config and the environment.

    A valid token needs neither of them. `clock` gives unix seconds.
    """

    def __init__(self, catalogue: Catalogue | None, driver: Driver | None, clock: Callable[[], float]) -> None:
        self.clock = clock
        self._catalogue = catalogue
        self._driver = driver
        self._owns_driver = driver is None

    @property
    def known_catalogue(self) -> Catalogue | None:
        """Return the catalogue if there is one already."""
        return self._catalogue

    async def catalogue(self) -> Catalogue:
        """Return the catalogue, read from the config when there is none yet.

        Raises:
            ConfigError: the config has mistakes.
        """
        if self._catalogue is None:
            self._catalogue = await in_thread(_configured_catalogue)
        return self._catalogue

    async def driver(self) -> Driver:
        """Return the driver, made when there is none yet."""
        if self._driver is None:
            make = await in_thread(_driver_class)
            self._driver = self._driver or make(clock=self.clock)  # another refresh may have made it meanwhile
        return self._driver

    async def aclose(self) -> None:
        """Close the driver, unless the host gave it."""
        if self._driver is None or not self._owns_driver:
            return
        driver, self._driver = self._driver, None
        try:
            await driver.aclose()
        except Exception as error:  # noqa: BLE001 - every token is stored by now
            _log.warning("a connection could not be closed (%s)", type(error).__name__)


def _configured_catalogue() -> Catalogue:
    from openab_auth.oauth.vendors import Catalogue, read_config  # noqa: PLC0415 - a valid token needs no table

    return Catalogue.from_config(read_config(None, os.environ))


def _driver_class() -> type[Driver]:
    """Import the driver in a worker thread: authlib takes a tenth of a second, which would block the event loop."""
    from openab_auth.oauth.client.driver import Driver  # noqa: PLC0415

    return Driver
