"""The command `openab-auth`: a warm `token` is answered at once, everything else goes through the parser."""

import os
import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["token"]:
        from openab_auth.bot.cli.warm import warm_token  # noqa: PLC0415 - what is not needed is not imported: this is the hot path

        printed = warm_token(arguments[1:])
        if printed is not None:
            return _print(printed)
    from openab_auth.bot.cli.dispatch import run  # noqa: PLC0415

    return run(arguments)


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:  # nobody reads it, or its disk is full: Python would say so once more while it exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
