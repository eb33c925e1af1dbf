"""The commands and options of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Final, NoReturn

from openab_auth.bot.cli.arguments import UsageError, split_arguments

EXIT_STATUSES = """\
exit status:
  0 done                           4 the login is dead: log in again
  1 doctor: a check failed         5 try again later (busy, network, rate limit)
  2 wrong usage or config          6 the store cannot be read or written
  3 nobody is logged in there      7 the paste was refused
"""
_REPEATS_NOTHING: Final = re.compile(
    r"the following arguments are required: [A-Z, ]+|argument [\w-]+: (expected |a whole number )[\w ]+"
)


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises its errors, so that `--json` holds for them, too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(_said(message), self.prog)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line.

    Raises:
        UsageError: the command line is wrong.
    """
    apart = split_arguments(words)
    arguments = make_parser().parse_args(apart.plain, argparse.Namespace(store=None, config=None, json=False))
    if apart.paste is not None:
        arguments.paste = apart.paste
    arguments.child = apart.child
    return arguments


def _said(message: str) -> str:
    """Return the message of argparse, or a message that repeats no word of the command line."""
    if _REPEATS_NOTHING.fullmatch(message):
        return message
    if message.startswith("unrecognized arguments"):
        return "unrecognized arguments; put the paste in quotes"
    if message.startswith("argument COMMAND: invalid choice"):
        return "unknown command"
    return "an option has an invalid value"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; the options of all commands may stand before or after the command."""
    everywhere = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    everywhere.add_argument("--store", metavar="PATH", help="the credential file (default: $OPENAB_AUTH_STORE, …)")
    everywhere.add_argument("--config", metavar="FILE", help="the config (default: $OPENAB_AUTH_CONFIG, …)")
    everywhere.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    parser = _Parser(
        allow_abbrev=False,
        prog="openab-auth",
        description="Log coding agents in from Discord: two steps, one locked credential store.",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[everywhere],
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=does, description=does, parents=[everywhere], allow_abbrev=False)

    command("run", "run the Discord bot until SIGTERM or Ctrl-C")
    playground = command("playground", "run the bot with an embedded Discord and authorization server")
    playground.add_argument("--port", type=_port, metavar="N", help="the page's port (default: a free one)")
    command("vendors", "list the vendors and MCP servers")
    login = command("login", "step one: print the login link; for a login by code, wait for the approval")
    login.add_argument("vendor", metavar="VENDOR")
    login.add_argument(
        "--no-wait", action="store_true", help="do not wait for the approval; `complete VENDOR` can wait later"
    )
    _add_user(login)
    complete = command("complete", "step two: paste the redirect, or wait for the approval")
    complete.add_argument("vendor", metavar="VENDOR")
    complete.add_argument("paste", metavar="PASTE", nargs="?", help="the redirect (default: read from standard input)")
    _add_user(complete)
    cancel = command("cancel", "forget a pending login")
    cancel.add_argument("vendor", metavar="VENDOR")
    _add_user(cancel)
    command("status", "show every login, pending login and problem; never a secret")
    token = command("token", "print a valid access token, refreshed first if necessary")
    token.add_argument("tenant", metavar="TENANT")
    token.add_argument(
        "--min-ttl", type=_seconds, metavar="S", help="seconds for which it must stay valid (default: 120)"
    )
    refresh = command("refresh", "refresh a login now")
    refresh.add_argument("tenant", metavar="TENANT")
    refresh.add_argument(
        "--rejected",
        action="store_true",
        help="read a refused access token from standard input; refresh only if it is still the stored one",
    )
    child = command("exec", "run a command with each token in the variable that the vendor's tools read")
    child.usage = "openab-auth exec [-h] [--store PATH] [--config FILE] [--json] TENANT [TENANT ...] -- COMMAND ..."
    child.add_argument("tenants", metavar="TENANT", nargs="+")
    logout = command("logout", "revoke a login at the vendor if possible, then remove it")
    logout.add_argument("tenant", metavar="TENANT")
    logout.add_argument("--local", action="store_true", help="only remove it from the store")
    command("obscure", "obscure a client secret from standard input, for client_secret_obscured")
    command("reveal", "print the secret that was obscured")
    doctor = command("doctor", "check store, locks, config, Discord and vendors; name each repair")
    doctor.add_argument(
        "--for",
        dest="process",
        choices=("agent", "bot"),
        help="check only what an agent needs, or all that the bot needs (default: the bot if it has a token)",
    )
    return parser


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--user", type=_user, default=0, metavar="ID", help="a Discord user id (default: 0, the person at the console)"
    )


def _port(text: str) -> int:
    return _whole_number(text, 65535)


def _user(text: str) -> int:
    return _whole_number(text, 2**64 - 1)


def _seconds(text: str) -> int:
    return _whole_number(text, 10**9)


def _whole_number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        message = f"a whole number from 0 to {most} is expected"
        raise argparse.ArgumentTypeError(message)
    return int(text)
