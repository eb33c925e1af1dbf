"""`mirror`: keep a credential file with access tokens alone, for the Rust agents of this host."""

from __future__ import annotations

import argparse
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.logs import begin_logs
from openab_auth.oauth.config import Config, store_location
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import without_thread
from openab_auth.oauth.vendors import read_config

if TYPE_CHECKING:
    from openab_auth.bot.mirror.endpoint import MirrorEndpoint
    from openab_auth.storage import StoreLocation

_PROG: Final = "openab-auth mirror"


def mirror(arguments: argparse.Namespace) -> Coroutine[object, object, int]:
    """Return the work of a mirror, which goes on until a signal stops it.

    Raises:
        UsageError: the mirror would be the store itself.
        ConfigError: the config has mistakes.
    """
    config = read_config(Path(arguments.config) if arguments.config else None, os.environ)
    begin_logs(config.log, verbose=arguments.verbose)
    location, path = store_location(config, arguments.store, os.environ), Path(arguments.to).expanduser().absolute()
    if not location.is_postgres and path == Path(location.place).absolute():
        message = "--to names the store itself"
        raise UsageError(message, _PROG)
    return _mirror(arguments, config, location, path)


async def _mirror(arguments: argparse.Namespace, config: Config, location: StoreLocation, path: Path) -> int:
    from openab_auth.bot.mirror.file import MirrorFile  # noqa: PLC0415 - wrong words need no server
    from openab_auth.bot.mirror.serve import run_mirror  # noqa: PLC0415 - as above

    def tell(endpoint: MirrorEndpoint) -> None:
        result = {"ready": True, "to": str(path), "url": endpoint.url}
        print_result(result, f"{path} mirrors {location}", as_json=arguments.json)

    runtime = Runtime.open(config, location, without_thread(os.environ))
    await run_mirror(runtime, MirrorFile(path), arguments.tenants, tell)
    return DONE
