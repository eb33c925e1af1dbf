"""From the words of the command line to the command that does them, and from its failure to an exit status."""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Sequence
from typing import Final

from openab_auth.bot.cli.arguments import split_arguments
from openab_auth.bot.cli.output import print_error
from openab_auth.bot.cli.parser import parse
from openab_auth.bot.cli.signals import StoppedBySignal, run_until_signal
from openab_auth.bot.errors import SystemRefusedError
from openab_auth.storage.errors import OpenabAuthError

# A command's room is imported only when the command is called: `token` needs no Discord, `status` no HTTP.
_ROOMS: Final = {
    "run": "commands.run",
    "playground": "commands.run",
    "vendors": "commands.status",
    "status": "commands.status",
    "login": "commands.login",
    "complete": "commands.login",
    "cancel": "commands.login",
    "logout": "commands.login",
    "token": "commands.tokens",
    "refresh": "commands.tokens",
    "exec": "commands.exec",
    "doctor": "doctor.command",
    "obscure": "commands.obscure",
    "reveal": "commands.obscure",
}


def run(words: Sequence[str]) -> int:
    """Do what `words` say; returns the exit status of the contract."""
    try:
        arguments = parse(words)
        room = importlib.import_module(f"openab_auth.bot.cli.{_ROOMS[arguments.command]}")
        # The call makes the coroutine: what a person types is read now, before there is a loop that could stand still.
        work = getattr(room, arguments.command)(arguments)
        return int(work if isinstance(work, int) else run_until_signal(work))
    except OpenabAuthError as error:
        return print_error(error, as_json=split_arguments(words).json)
    except StoppedBySignal as told:
        return 128 + told.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader went away, `| head` for one; without this Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except OSError as error:
        return print_error(SystemRefusedError(error), as_json=split_arguments(words).json)
