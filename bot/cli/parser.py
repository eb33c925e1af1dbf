"""The commands and options of the command line."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterable, Sequence
from typing import Final, NoReturn

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.arguments import UsageError, split_arguments

EXIT_STATUSES = """\
exit status:
  0 done                           4 the login is dead: log in again
  1 doctor, health: a check failed 5 try again later (busy, network, rate limit)
  2 wrong usage or config          6 the store cannot be read or written
  3 nobody is logged in there      7 the paste was refused
                                   8 cancel: nothing was waiting
"""
_REPEATS_NOTHING: Final = (
    r"the following arguments are required: [A-Za-z|, -]+|argument [\w-]+: (expected |a whole number )[\w ]+"
)


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises its errors, so that `--json` holds for them, too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(_said(message), self.prog)

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002 - there is one place for help
        consoles.write(message)

    def format_help(self) -> str:
        """Return the help, as wide as the terminal."""
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        return super().format_help()


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line.

    Raises:
        UsageError: the command line is wrong.
    """
    apart = split_arguments(words)
    if apart.version and not apart.help:
        return argparse.Namespace(command="version", json=apart.json)
    parser = make_parser((apart.command,) if apart.command in COMMANDS and not apart.help else COMMANDS)
    arguments = parser.parse_args(apart.plain, argparse.Namespace(store=None, config=None, json=False, verbose=False))
    if apart.paste is not None:
        arguments.paste = apart.paste
    arguments.child = apart.child
    return arguments


def _said(message: str) -> str:
    """Return the message of argparse, or a message that repeats no word of the command line."""
    if re.fullmatch(_REPEATS_NOTHING, message):
        return message
    if message.startswith("unrecognized arguments"):
        return "unrecognized arguments; put the paste in quotes"
    if message.startswith("argument COMMAND: invalid choice"):
        return "unknown command"
    named = re.match(r"argument ([\w|/-]+): ", message)  # a name from this module
    return f"{named[1] if named else 'an option'} has an invalid value"


def make_parser(names: Iterable[str]) -> argparse.ArgumentParser:
    """Return the parser of these commands; the options of all commands may stand before or after the command."""
    everywhere = _Parser(add_help=False, argument_default=argparse.SUPPRESS, formatter_class=_no_terminal)
    everywhere.add_argument(
        "--store",
        metavar="LOCATION",
        help="the credential file, or a postgresql:// URL (default: $OPENAB_AUTH_STORE, then the config)",
    )
    everywhere.add_argument(
        "--config",
        metavar="FILE",
        help="the config (default: $OPENAB_AUTH_CONFIG, then the standard places)",
    )
    everywhere.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    everywhere.add_argument("-v", "--verbose", action="store_true", help="log everything on standard error")
    parser = _Parser(
        allow_abbrev=False,
        prog="openab-auth",
        description="Log coding agents in from Discord: two steps, one locked credential store.",
        epilog=EXIT_STATUSES,
        formatter_class=_no_terminal,
        parents=[everywhere],
    )
    parser.add_argument("--version", action="store_true", help="print the version of this program")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in names:
        does, adds = COMMANDS[name]
        command = commands.add_parser(
            name, help=does, description=does, parents=[everywhere], allow_abbrev=False, formatter_class=_no_terminal
        )
        if adds is not None:
            module, _, function = adds.partition(":")
            getattr(importlib.import_module(f"openab_auth.bot.cli.{module}"), function)(command)
    return parser


def _no_terminal(prog: str) -> argparse.HelpFormatter:
    """Return a formatter of a fixed width: argparse makes one for each option, and would import `shutil` to ask."""
    return argparse.HelpFormatter(prog, width=80)


# Each command: what it does, and the module and function that add its own arguments, which lie beside its code.
COMMANDS: Final[dict[str, tuple[str, str | None]]] = {
    "run": ("run the Discord bot until SIGTERM or Ctrl-C", None),
    "playground": ("run the bot with an embedded Discord and authorization server", "commands.options:add_playground"),
    "vendors": ("list the vendors and MCP servers", None),
    "login": (
        "step one: print the login link; for a login by code, wait for the approval",
        "commands.logins.options:add_login",
    ),
    "complete": ("step two: paste the redirect, or wait for the approval", "commands.logins.options:add_complete"),
    "cancel": ("forget a pending login", "commands.logins.options:add_cancel"),
    "status": ("show every login, pending login and problem; never a secret", "shared_options:add_thread"),
    "token": ("print a valid access token, refreshed first if necessary", "commands.agents.options:add_token"),
    "refresh": ("refresh a login now", "commands.agents.options:add_refresh"),
    "exec": (
        "run a command with each token in the variable that the vendor's tools read",
        "commands.agents.options:add_exec",
    ),
    "request": ("ask people in the agent's thread for a login", "commands.agents.options:add_request"),
    "limited": ("record that a vendor limits an account for some time", "commands.agents.options:add_limited"),
    "use": ("choose the account that agents in a thread use", "commands.agents.options:add_use"),
    "mcp": ("add or remove an MCP server, as people do in Discord", "commands.options:add_mcp"),
    "store": ("make a backup or restore it; make, encrypt again or move a store", "commands.store.options:add_store"),
    "serve": ("run the broker: it serves tokens to agents without access to the store", "commands.options:add_serve"),
    "key": ("make, list or revoke the keys with which agents ask a broker", "commands.options:add_key"),
    "mirror": (
        "keep a file with access tokens alone, for agents that read no other store",
        "commands.options:add_mirror",
    ),
    "logout": ("revoke a login at the vendor if possible, then remove it", "commands.logins.options:add_logout"),
    "obscure": (
        "obscure a client secret from standard input, for client_secret_obscured",
        "commands.options:add_obscure",
    ),
    "reveal": ("print the secret that was obscured", None),
    "doctor": ("check store, locks, config, Discord and vendors; name each repair", "doctor.options:add_doctor"),
    "audit": ("show who did what with which login, from the audit log of this host", "commands.options:add_audit"),
    "health": ("ask the running bot or broker whether it is ready, for probes", "commands.options:add_health"),
}
