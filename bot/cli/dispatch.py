"""Run the command that a command line names, and turn its failure into an exit status."""

from __future__ import annotations

import errno
import gc
import importlib
import os
from collections.abc import Coroutine, Sequence

from openab_auth.bot.cli.consoles import open_consoles
from openab_auth.bot.cli.parser import parse

# A command's module is imported only when the command is called: `token` needs no Discord, `status` no HTTP.
_MODULES = {
    "run": "commands.run",
    "playground": "commands.run",
    "vendors": "commands.vendors",
    "status": "commands.status",
    "login": "commands.logins.login",
    "complete": "commands.logins.login",
    "cancel": "commands.logins.login",
    "use": "commands.agents.use",
    "request": "commands.agents.request",
    "limited": "commands.agents.limited",
    "mcp": "commands.mcp",
    "store": "commands.store.command",
    "mirror": "commands.mirror",
    "serve": "commands.broker",
    "key": "commands.broker",
    "logout": "commands.logins.logout",
    "token": "commands.agents.tokens",
    "refresh": "commands.agents.tokens",
    "exec": "commands.agents.exec",
    "doctor": "doctor.command",
    "audit": "commands.audit",
    "health": "commands.health",
    "version": "commands.version",
    "obscure": "commands.obscure",
    "reveal": "commands.obscure",
}


def run(words: Sequence[str]) -> int:
    """Run the command that `words` name; return its exit status (`docs/command-line.md`)."""
    open_consoles()
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
        return 1  # the reader went away, `| head` for example
    except Exception as error:  # noqa: BLE001 - raised again unless it is ours or the system's
        return _status_of_failure(error, words)


def _begin(words: Sequence[str]) -> int | Coroutine[object, object, int]:
    """Call the command that `words` name; return its exit status, or the coroutine that does its work.

    What a person types is read here: in the event loop it would block. Modules and tables stay until the process ends,
    so the garbage collector, which `main` has stopped, is kept from them. It took a seventh of `status`, most of that
    while Python exits.
    """
    try:
        arguments = parse(words)
        if arguments.command != "exec":  # its child gets this environment
            os.environ.pop("SSLKEYLOGFILE", None)  # libraries would write the keys of our connections to it, or fail
        module = importlib.import_module(f"openab_auth.bot.cli.{_MODULES[arguments.command]}")
        work: int | Coroutine[object, object, int] = getattr(module, arguments.command)(arguments)
    finally:
        gc.freeze()
        gc.enable()
    return work


def _status_of_failure(error: Exception, words: Sequence[str]) -> int:
    """Tell the person what failed, and return the exit status; raise an error that only a bug of ours can cause."""
    from openab_auth.bot.cli.arguments import split_arguments  # noqa: PLC0415 - only a failure needs these
    from openab_auth.bot.cli.output import print_error  # noqa: PLC0415
    from openab_auth.bot.cli.signals import StoppedBySignal  # noqa: PLC0415
    from openab_auth.bot.errors import SystemRefusedError  # noqa: PLC0415
    from openab_auth.storage.errors import OpenabAuthError  # noqa: PLC0415

    if isinstance(error, StoppedBySignal):
        return 128 + error.number
    if isinstance(error, OpenabAuthError):
        return print_error(error, as_json=split_arguments(words).json)
    if isinstance(error, MemoryError):
        error = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    if isinstance(error, OSError):
        return print_error(SystemRefusedError(error), as_json=split_arguments(words).json)
    raise error
