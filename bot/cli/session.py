"""What most commands stand on: the config, the vendors and the store that the command line names."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from openab_auth.oauth.config import Config, store_location
from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import AsyncStore, Store, open_store


@dataclass(frozen=True, slots=True)
class Session:
    """One command's surroundings: `catalogue` is the config's, `location` says to people where the store lies."""

    config: Config
    catalogue: Catalogue
    location: str
    backend: Store
    store: AsyncStore  # the same, for the event loop

    def with_added(self) -> Catalogue:
        """The catalogue with the servers that people added: one file more to read, which no token needs."""
        return self.catalogue.with_servers_of(self.backend)


def open_session(arguments: argparse.Namespace) -> Session:
    """Read the config and open the store that `arguments` and the environment name.

    Raises:
        ConfigError: the config has mistakes; all of them are named.
        StorageError: the store's address is none.
    """
    config = read_config(Path(arguments.config) if arguments.config else None, os.environ)
    location = store_location(config, arguments.store, os.environ)
    backend = open_store(location)
    return Session(config, Catalogue.from_config(config), location, backend, AsyncStore(backend))
