"""The command `openab-auth`: a warm `token` is answered at once, everything else goes through the parser."""

import sys


def main() -> int:
    """Run the command line of this process and return its exit status."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["token"]:
        from bot.cli.warm import warm_token  # noqa: PLC0415 - what is not needed is not imported: this is the hot path

        printed = warm_token(arguments[1:])
        if printed is not None:
            sys.stdout.write(printed)
            return 0
    from bot.cli.command import run  # noqa: PLC0415

    return run(arguments)
