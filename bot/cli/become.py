"""Replace this process by another command; `exec` does this with the tokens in the command's environment."""

import errno
import os
import signal
import sys
from collections.abc import Mapping

NOT_FOUND = 127  # as in shells
NOT_RUNNABLE = 126


def become(command: list[str], environ: Mapping[str, str], *, as_json: bool) -> int:
    """Become `command`; return an exit status only if the command could not be started."""
    from openab_auth.oauth.config.programs import find_program  # noqa: PLC0415 - `token` does not need it

    program, *_ = command
    try:
        _restore_signals()
        if sys.stdout is not None:
            sys.stdout.flush()
        path = program if "/" in program else find_program(program, os.environ)
        if path is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        os.execve(path, command, environ)  # noqa: S606 - the person asked for this command, and for no shell
    except OSError as error:
        from openab_auth.bot.cli.output import print_error  # noqa: PLC0415 - only a failure needs these
        from openab_auth.bot.errors import CommandNotRunError  # noqa: PLC0415

        print_error(CommandNotRunError(program, error.strerror or type(error).__name__), as_json=as_json)
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE


def _restore_signals() -> None:
    """Let SIGPIPE and SIGXFSZ end the command: Python ignores them, and the command would inherit that."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
