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
from openab_auth.bot.logs import set_up_logs
from openab_auth.cogs.auth import read_bot_config
from openab_auth.oauth.config import store_location

_NO_PORT: Final = (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL)


async def run(arguments: argparse.Namespace) -> int:
    """Run the bot on Discord until SIGTERM or Ctrl-C."""
    set_up_logs()
    config, _ = read_bot_config(Path(arguments.config) if arguments.config else None, os.environ)
    await run_bot(config, store_location(config, arguments.store, os.environ), os.environ)
    return DONE


async def playground(arguments: argparse.Namespace) -> int:
    """Run the bot with an embedded Discord and an embedded authorization server, until Ctrl-C."""
    from openab_auth.bot.playground import run_playground  # noqa: PLC0415 - a bot on Discord does not need it

    if arguments.store or arguments.config:
        message = "the playground uses its own store and config, in a folder that it removes at its end"
        raise UsageError(message, "openab-auth playground")
    set_up_logs()
    try:
        await run_playground(arguments.port, json_line=arguments.json)
    except OSError as error:
        if error.errno not in _NO_PORT:
            raise
        message = f"port {arguments.port} is not available ({os.strerror(error.errno)}); choose another port"
        raise UsageError(message, "openab-auth playground") from None
    return DONE
