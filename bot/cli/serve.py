"""`run` and `playground`: what stays up until it is told to stop."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bot.app import run_bot
from bot.cli.output import DONE
from bot.logs import set_up_logs
from oauth.config import read_config, store_location


async def run(arguments: argparse.Namespace) -> int:
    """The bot on Discord, until SIGTERM or Ctrl-C."""
    set_up_logs()
    config = read_config(Path(arguments.config) if arguments.config else None, os.environ)
    await run_bot(config, store_location(config, arguments.store, os.environ), os.environ)
    return DONE


async def playground(arguments: argparse.Namespace) -> int:
    """The bot on an embedded Discord with an embedded authorization server, until Ctrl-C."""
    from bot.playground.app import run_playground  # noqa: PLC0415 - a bot on Discord needs none of it

    set_up_logs()
    await run_playground(arguments.port, json_line=arguments.json)
    return DONE
