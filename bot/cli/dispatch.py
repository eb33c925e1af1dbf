"""Run the command that a command line names, and turn its failure into an exit status."""

from __future__ import annotations

import gc
import importlib
import os
from collections.abc import Coroutine, Sequence

from openab_auth.bot.cli.arguments import split_arguments
from openab_auth.bot.cli.parser import parse

# A command's module is imported only when the command is called: `token` needs no Discord, `status` no HTTP.
_MODULES = {
    "run": "commands.run",
    "playground": "commands.run",
    "vendors": "commands.vendors",
    "status": "commands.status",
    "login": "commands.login",
    "complete": "commands.login",
    "cancel": "commands.login",
    "logout": "commands.logout",
    "token": "commands.tokens",
    "refresh": "commands.tokens",
    "exec": "commands.exec",
    "doctor": "doctor.command",
    "obscure": "commands.obscure",
    "reveal": "commands.obscure",
}


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name; return the exit status of the contract."""
    try:
        work = _begin(words)
        if isinstance(work, int):
            return work
        from openab_auth.bot.cli.signals import run_until_signal  # noqa: PLC0415 - `status` needs no event loop

        return int(run_until_signal(work))
    except KeyboardInterrupt:
        import signal  # noqa: PLC0415 - as above

        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader went away, `| head` for example. Without this, Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Exception as error:  # noqa: BLE001 - raised again unless it is ours or the system's
        return _status_of_failure(error, words)


def _begin(words: Sequence[str]) -> int | Coroutine[object, object, int]:
    """Call the command that `words` name; return its exit status, or the coroutine that does its work.

    What a person types is read here: in the event loop it would block. Modules and tables stay until the process ends,
    so the garbage collector, which `main` has stopped, is kept from them. It took a seventh of `status`, most of that
    while Python exits.
    """
    try:
        apart = split_arguments(words)
        if apart.version and not apart.help:
            return _print_version(as_json=apart.json)
        arguments = parse(words)
        module = importlib.import_module(f"openab_auth.bot.cli.{_MODULES[arguments.command]}")
        work: int | Coroutine[object, object, int] = getattr(module, arguments.command)(arguments)
    finally:
        gc.freeze()
        gc.enable()
    return work


def _print_version(*, as_json: bool) -> int:
    """Print the installed version, which needs neither a config nor a store."""
    from importlib.metadata import version  # noqa: PLC0415 - only this option pays for it

    from openab_auth.bot.cli.output import print_result  # noqa: PLC0415 - as above

    found = version("openab-auth")
    print_result({"version": found}, f"openab-auth {found}", as_json=as_json)
    return 0


def _status_of_failure(error: Exception, words: Sequence[str]) -> int:
    """Tell the person what failed, and return the exit status; raise an error that only a bug of ours can cause."""
    from openab_auth.bot.cli.output import print_error  # noqa: PLC0415 - only a failure needs these
    from openab_auth.bot.cli.signals import StoppedBySignal  # noqa: PLC0415
    from openab_auth.bot.errors import SystemRefusedError  # noqa: PLC0415
    from openab_auth.storage.errors import OpenabAuthError  # noqa: PLC0415

    if isinstance(error, StoppedBySignal):
        return 128 + error.number
    if isinstance(error, OpenabAuthError):
        return print_error(error, as_json=split_arguments(words).json)
    if isinstance(error, OSError):
        return print_error(SystemRefusedError(error), as_json=split_arguments(words).json)
    raise error
