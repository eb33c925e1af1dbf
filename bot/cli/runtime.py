"""Open the runtime for a command: the config, the vendors and the store that the command line names."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from openab_auth.oauth.config import Config, parse_config, store_location
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import StoreLocation, StoreReader, open_reader

if TYPE_CHECKING:  # it needs an event loop, and `status` has none
    from openab_auth.oauth.runtime import Runtime


def open_runtime(arguments: argparse.Namespace) -> Runtime:
    """Read the config, and open the store that `arguments` and the environment name.

    Raises:
        ConfigError: the config has mistakes; all of them are named.
        StorageError: the location names no store.
    """
    from openab_auth.oauth.runtime import Runtime  # noqa: PLC0415 - see above

    config = _config(arguments)
    location = store_location(config, arguments.store, os.environ)
    _begin_logs(config, arguments, str(location))
    return Runtime.open(config, location, os.environ)


def open_for_reading(arguments: argparse.Namespace) -> tuple[StoreReader, Catalogue, str]:
    """Return the store, the vendors together with the added servers, and the store's location for people.

    A command that only reads needs no more, and no event loop.

    Raises:
        ConfigError, StorageError: as `open_runtime`.
    """
    config = _config(arguments)
    catalogue = Catalogue.from_config(config, os.environ)
    location = store_location(config, arguments.store, os.environ)
    if arguments.verbose:  # it logs nothing otherwise, and a status has to be quick
        _begin_logs(config, arguments, str(location))
    store = open_reader(location)
    return store, catalogue.with_servers_of(store), str(location)


def find_location(arguments: argparse.Namespace, place: str | None = None) -> StoreLocation:
    """Return the location at `place`, or else that of the store that `arguments` and the environment name.

    The vendors of the config are not read.

    Raises:
        ConfigError: the config has mistakes in `[store]`, or cannot be read.
    """
    config = parse_config(Path(arguments.config) if arguments.config else None, os.environ)
    wrong = tuple(mistake for mistake in config.mistakes if mistake[0].partition(".")[0] == "store")
    if wrong:
        raise ConfigError(config.file or "the config", wrong)
    return store_location(config, place or arguments.store, os.environ)


def read_catalogue(arguments: argparse.Namespace) -> Catalogue:
    """Return the vendors of the config, for a command that opens no store.

    Raises:
        ConfigError: the config has mistakes; all of them are named.
    """
    return Catalogue.from_config(_config(arguments), os.environ)


def _begin_logs(config: Config, arguments: argparse.Namespace, location: str) -> None:
    import logging  # noqa: PLC0415 - see above

    from openab_auth.bot.logs import begin_command_logs  # noqa: PLC0415 - see above

    begin_command_logs(config.log, verbose=arguments.verbose)
    logging.getLogger(__name__).debug("config %s; store %s", config.file or "(none)", location)


def _config(arguments: argparse.Namespace) -> Config:
    return read_config(Path(arguments.config) if arguments.config else None, os.environ)
