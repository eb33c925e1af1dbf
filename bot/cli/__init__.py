"""The command `openab-auth`: `bot.cli.warm` answers the plain cases at once, the parser handles all others."""

import gc
import os
import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    words = sys.argv[1:]
    if "token" in words or "exec" in words:
        status = _run_warm(words)
        if status is not None:
            return status
    gc.disable()  # until the command has begun
    from openab_auth.bot.cli.dispatch import run  # noqa: PLC0415 - the hot path imports only what it needs

    return run(words)


def _run_warm(words: list[str]) -> int | None:
    """Answer a plain `token` or `exec`; return None if the full command must decide."""
    from openab_auth.bot.cli.warm import answer  # noqa: PLC0415 - other commands do not need it

    try:
        request = answer.Request(words)
        if request.command == "token":
            return _print(answer.token(request))
        if request.command != "exec":
            return None
        environ = answer.environment(request)
    except answer.UnusualError:
        return None
    from openab_auth.bot.cli.become import become  # noqa: PLC0415 - `token` does not need it

    return become(request.child, environ, as_json=request.json)


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:  # nobody reads it, or its disk is full: Python would say so once more while it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (AttributeError, UnicodeError):  # standard output is closed, or of an encoding without ASCII
        return 1
    return 0
