"""Reload the config of the running broker: uids, vendors, servers and keys; all other keys wait for a restart."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.bot.service import Reloaded, changed_keys
from openab_auth.bot.service.prepare import prepare
from openab_auth.oauth.config import AuthSettings, Config, parse_config
from openab_auth.oauth.vendors import check_secret_files, read_tables
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.bot.broker.admission import Admission
    from openab_auth.oauth.runtime import Runtime

_LIVE: Final = frozenset(
    {"file", "mistakes", "discord", "vendors", "vendor_templates", "mcp", "store.keys", "broker.uids"}
    | {f"auth.{one.name}" for one in fields(AuthSettings)}
)


def uids_of(config: Config) -> Collection[int]:
    """Return the users who may do everything on the broker's socket."""
    return (os.geteuid(),) if config.broker.uids is None else config.broker.uids


class BrokerReload:
    """Reads the config of one broker again; `config` is that with which it was started."""

    def __init__(self, config: Config, environ: Mapping[str, str], runtime: Runtime, admission: Admission) -> None:
        self._config = config
        self._environ = environ
        self._runtime = runtime
        self._admission = admission

    async def __call__(self) -> Reloaded:
        """Use the config as it is now; return what is in use, and which keys wait for a restart.

        Raises:
            ConfigError, StoreKeyError: the config, or a file that it names, has mistakes; nothing has changed.
        """
        config = await in_thread(self._read)
        waiting = changed_keys(self._config, replace(config, bot=self._config.bot), but=_LIVE)
        use = await prepare(self._runtime, self._config, config)
        use()
        self._admission.replace_uids(uids_of(config))
        uids = ", ".join(map(str, sorted(uids_of(config)))) or "none"
        return Reloaded(f"vendors: {len(self._runtime.catalogue.all())}; uids without a key: {uids}", waiting)

    def _read(self) -> Config:
        config = parse_config(Path(self._config.file) if self._config.file else None, self._environ)
        check_secret_files(config, read_tables(config, self._environ))
        return config
