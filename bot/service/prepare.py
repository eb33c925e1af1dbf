"""Read what a new config names before any of it is used, so that no request meets half of a config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.oauth.runtime import Runtime


async def prepare(runtime: Runtime, started: Config, config: Config) -> Callable[[], None]:
    """Read the vendors, the servers and the store's keys of `config`; return a function that uses all of them at once.

    The keys are left alone if `[store]` differs in another key from that of the `started` process: they may be those of
    another store, which only a restart opens.

    Raises:
        ConfigError: a table or a file that it names has mistakes.
        StoreKeyError: a key cannot be read, or the store was made with other keys.
    """
    catalogue = await in_thread(_read_catalogue, runtime, config)
    keys = config.store.options.keys
    if replace(config.store, options=replace(config.store.options, keys=started.store.options.keys)) == started.store:
        use_keys = await runtime.store.prepare_keys(keys, runtime.environ)
    else:
        use_keys = _nothing

    def use() -> None:
        use_keys()
        runtime.current_catalogue.now = catalogue

    return use


def _read_catalogue(runtime: Runtime, config: Config) -> Catalogue:
    """Return the catalogue; a list of servers that cannot be read is a mistake, because it was readable before."""
    catalogue = Catalogue.from_config(config, runtime.environ)
    catalogue.offered()  # reads the secrets in files now, not while people wait
    known = {problem.what for problem in runtime.catalogue.problems}
    if lost := tuple(("auth.mcp_json", problem.what) for problem in catalogue.problems if problem.what not in known):
        raise ConfigError(config.file or "the config", lost)
    return catalogue


def _nothing() -> None:
    """Use no other keys."""
