"""`run` and `playground`: run the bot until a signal stops it."""

from __future__ import annotations

import argparse
import errno
import os
from pathlib import Path
from typing import Final

from openab_auth.bot.app import run_bot
from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.logs import begin_logs
from openab_auth.bot.service import Service, ServiceManager
from openab_auth.cogs.auth import read_bot_config
from openab_auth.oauth.config import LogSettings, store_location
from openab_auth.oauth.errors import PasswordOnCommandLineError
from openab_auth.storage.options import has_password, is_postgres

_NO_PORT: Final = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


async def run(arguments: argparse.Namespace) -> int:
    """Run the bot on Discord until SIGTERM or Ctrl-C; SIGHUP reloads its config."""
    config, _ = read_bot_config(Path(arguments.config) if arguments.config else None, os.environ)
    begin_logs(config.log, verbose=arguments.verbose)
    location = store_location(config, arguments.store, os.environ)
    await run_bot(config, location, os.environ, Service(ServiceManager.take(os.environ)))
    return DONE


async def playground(arguments: argparse.Namespace) -> int:
    """Run the bot with an embedded Discord and an embedded authorization server, until Ctrl-C."""
    from openab_auth.bot.playground import run_playground  # noqa: PLC0415 - a bot on Discord does not need it

    url = _database(arguments)
    begin_logs(LogSettings(), verbose=arguments.verbose)
    try:
        await run_playground(arguments.port, url, json_line=arguments.json)
    except OSError as error:
        if error.errno not in _NO_PORT:
            raise
        message = f"port {arguments.port} is not available ({os.strerror(error.errno)}); choose another port"
        raise UsageError(message, "openab-auth playground") from None
    return DONE


def _database(arguments: argparse.Namespace) -> str | None:
    """Return the URL of the database in which the playground makes its store, or None for a store in a file.

    Raises:
        UsageError: there is a config, or `--store` names a file.
        PasswordOnCommandLineError: the URL has a password.
    """
    if arguments.config:
        message = "the playground uses its own config, in a folder that it removes at its end"
        raise UsageError(message, "openab-auth playground")
    if arguments.store and not is_postgres(arguments.store):
        message = (
            "the playground keeps its store in a folder that it removes at its end, or in a schema of its own in the "
            "PostgreSQL database that --store names; --store cannot name a file"
        )
        raise UsageError(message, "openab-auth playground")
    if arguments.store and has_password(arguments.store):
        raise PasswordOnCommandLineError
    return arguments.store or None
