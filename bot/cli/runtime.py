"""Open the runtime for a command: the config, the vendors and the store that the command line names."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from openab_auth.oauth.config import store_location
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import read_config


def open_runtime(arguments: argparse.Namespace) -> Runtime:
    """Read the config, and open the store that `arguments` and the environment name.

    Raises:
        ConfigError: the config has mistakes; all of them are named.
        StorageError: the location names no store.
    """
    config = read_config(Path(arguments.config) if arguments.config else None, os.environ)
    return Runtime.open(config, store_location(config, arguments.store, os.environ), os.environ)
