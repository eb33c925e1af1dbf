"""The commands and options of the command line."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NoReturn

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.arguments import UsageError, split_arguments

EXIT_STATUSES = """\
exit status:
  0 done                           4 the login is dead: log in again
  1 doctor: a check failed         5 try again later (busy, network, rate limit)
  2 wrong usage or config          6 the store cannot be read or written
  3 nobody is logged in there      7 the paste was refused
                                   8 cancel: nothing was waiting
"""
_REPEATS_NOTHING: Final = (
    r"the following arguments are required: [A-Za-z|, -]+|argument [\w-]+: (expected |a whole number )[\w ]+"
)


_ACCOUNT: Final = "a vendor, mcp:NAME, or one account: vendor@label, vendor@shared, vendor@me"


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
    arguments = parser.parse_args(apart.plain, argparse.Namespace(store=None, config=None, json=False))
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
        does, add_arguments = COMMANDS[name]
        command = commands.add_parser(
            name, help=does, description=does, parents=[everywhere], allow_abbrev=False, formatter_class=_no_terminal
        )
        add_arguments(command)
    return parser


def _no_terminal(prog: str) -> argparse.HelpFormatter:
    """Return a formatter of a fixed width: argparse makes one for each option, and would import `shutil` to ask."""
    return argparse.HelpFormatter(prog, width=80)


def _add_nothing(parser: argparse.ArgumentParser) -> None:
    """Leave the parser of a command that has only the options of all commands."""


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, metavar="N", help="the page's port (default: a free one)")


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("vendor", metavar="VENDOR", help=_ACCOUNT)
    parser.add_argument(
        "--no-wait", action="store_true", help="do not wait for the approval; `complete VENDOR` can wait later"
    )
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="TENANT",
        help="a login of the same vendor account, which may be stored a second time; repeat it for each of them",
    )
    _add_user(parser)


def _add_complete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("vendor", metavar="VENDOR", help=_ACCOUNT)
    parser.add_argument(
        "paste",
        metavar="PASTE",
        nargs="?",
        help="the redirect, the code or the API key (default: read from standard input)",
    )
    _add_user(parser)


def _add_cancel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("vendor", metavar="VENDOR", help=_ACCOUNT)
    _add_user(parser)


def _add_token(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", help=_ACCOUNT)
    parser.add_argument(
        "--min-ttl", type=_seconds, metavar="S", help="seconds for which it must stay valid (default: 120)"
    )
    _add_wait(parser)
    _add_thread(parser)


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("account", metavar="ACCOUNT", help=_ACCOUNT)
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="what it is needed for; only 200 characters are shown"
    )
    _add_thread(parser)


def _add_limited(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument(
        "--until",
        type=_moment,
        required=True,
        metavar="T",
        help="unix seconds, or a date as 2030-01-31T12:00Z (UTC if it names no zone); a past time ends the limit",
    )
    _add_thread(parser)


def _add_mcp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="add|remove", choices=("add", "remove"))
    parser.add_argument("name", metavar="NAME", help="the name of the server, as in mcp:NAME")
    parser.add_argument("url", metavar="URL", nargs="?", help="with add: its https address")


def _add_store(parser: argparse.ArgumentParser) -> None:
    actions = ("init", "adopt", "copy", "rekey", "new-key")
    parser.add_argument("action", metavar="|".join(actions), choices=actions)
    parser.add_argument("places", metavar="FROM TO", nargs="*", help="with copy: a path or a PostgreSQL URL each")
    parser.add_argument("--grant", metavar="ROLE", help="with init: a role that bots, agents and brokers use")
    parser.add_argument(
        "--keep-source", action="store_true", help="with copy: leave FROM as it is, and TO closed for refreshes"
    )


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help="the Unix socket (default: auth.sock in /run/openab-auth or $XDG_RUNTIME_DIR/openab-auth)",
    )
    parser.add_argument("--mode", type=_mode, default=0o600, metavar="0660", help="the socket's mode (default: 0600)")
    parser.add_argument("--listen", metavar="HOST:PORT", help="a loopback address, for a reverse proxy with TLS")


def _add_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="add|list|revoke", choices=("add", "list", "revoke"))
    parser.add_argument("name", metavar="NAME", nargs="?", help="with add and revoke: the name of the key")
    parser.add_argument(
        "--tenant",
        action="append",
        default=[],
        metavar="P",
        help="with add: a login that the key covers, such as claude, codex@work or 'mcp:*'; repeat it for more",
    )
    parser.add_argument("--thread", metavar="ID", help="with add: the Discord thread of the agents with this key")
    parser.add_argument(
        "--expires", type=_duration, metavar="30d", help="with add: the end, in s, m, h, d or w (default: no end)"
    )


def _add_mirror(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenants", metavar="TENANT", nargs="*", help=f"{_ACCOUNT} (default: every shared default)")
    parser.add_argument("--to", metavar="PATH", required=True, help="the file, which nobody else writes")


def _add_refresh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", help=_ACCOUNT)
    _add_thread(parser)
    parser.add_argument(
        "--rejected",
        action="store_true",
        help="read a refused access token from standard input; refresh only if it is still the stored one",
    )


def _add_exec(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "openab-auth exec [-h] [--store LOCATION] [--config FILE] [--json] [--wait S] [--thread ID]\n"
        "                        TENANT [TENANT ...] -- COMMAND ..."
    )
    parser.add_argument("tenants", metavar="TENANT", nargs="+", help=_ACCOUNT)
    _add_wait(parser)
    _add_thread(parser)


def _add_use(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "account",
        metavar="ACCOUNT",
        nargs="?",
        help="vendor@label, vendor@shared or vendor@me to choose it; a vendor, or nothing, to show the choice",
    )
    parser.add_argument("--drop", action="store_true", help="forget the choice for this vendor")
    _add_thread(parser)
    _add_user(parser)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=0,
        metavar="S",
        help="seconds to wait for a person to log in, if nobody is (default: 0)",
    )


def _add_thread(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--thread", metavar="ID", help="the Discord thread (default: that of the environment)")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for",
        dest="process",
        choices=("agent", "bot"),
        help="check only what an agent needs, or all that the bot needs (default: the bot if it has a token)",
    )


def _add_logout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", metavar="TENANT", nargs="?", help=_ACCOUNT)
    parser.add_argument("--local", action="store_true", help="only remove it from the store")
    parser.add_argument(
        "--user",
        type=_user,
        metavar="ID",
        help="without TENANT: end everything that this person has, only here; with TENANT: whose account @me is",
    )
    parser.add_argument("--revoke", action="store_true", help="with --user alone: revoke each login at its vendor, too")


def _add_obscure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="vendor", metavar="VENDOR", help="take the secret out of this vendor's installed program instead"
    )


def _add_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--user",
        type=_user,
        default=0,
        metavar="ID",
        help="the Discord id of the person who does this, and whose account @me is (default: 0, at the console)",
    )


def _port(text: str) -> int:
    return _whole_number(text, 65535)


def _user(text: str) -> int:
    return _whole_number(text, 2**64 - 1)


def _seconds(text: str) -> int:
    return _whole_number(text, 10**9)


def _mode(text: str) -> int:
    if not re.fullmatch(r"0?[0-7]{3}", text):
        message = "a mode such as 0660 is expected"
        raise argparse.ArgumentTypeError(message)
    return int(text, 8)


def _duration(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhdw])", text, re.ASCII)
    if match is None:
        message = "a number with s, m, h, d or w is expected"
        raise argparse.ArgumentTypeError(message)
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[match[2]]


def _moment(text: str) -> int:
    from datetime import datetime  # noqa: PLC0415 - only this option needs it

    from openab_auth.oauth.notices.limits import unix_time  # noqa: PLC0415 - as above

    try:
        return unix_time(int(text) if text.isascii() and text.isdigit() else datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        message = "unix seconds or a date is expected"
        raise argparse.ArgumentTypeError(message) from None


def _whole_number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > most:
        message = f"a whole number from 0 to {most} is expected"
        raise argparse.ArgumentTypeError(message)
    return int(text)


# Each command: what it does, and the function that adds its own words and options.
COMMANDS: Final[dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]]] = {
    "run": ("run the Discord bot until SIGTERM or Ctrl-C", _add_nothing),
    "playground": ("run the bot with an embedded Discord and authorization server", _add_port),
    "vendors": ("list the vendors and MCP servers", _add_nothing),
    "login": ("step one: print the login link; for a login by code, wait for the approval", _add_login),
    "complete": ("step two: paste the redirect, or wait for the approval", _add_complete),
    "cancel": ("forget a pending login", _add_cancel),
    "status": ("show every login, pending login and problem; never a secret", _add_thread),
    "token": ("print a valid access token, refreshed first if necessary", _add_token),
    "refresh": ("refresh a login now", _add_refresh),
    "exec": ("run a command with each token in the variable that the vendor's tools read", _add_exec),
    "request": ("ask people in the agent's thread for a login", _add_request),
    "limited": ("record that a vendor limits an account for some time", _add_limited),
    "use": ("choose the account that agents in a thread use", _add_use),
    "mcp": ("add or remove an MCP server, as people do in Discord", _add_mcp),
    "store": ("make a store in PostgreSQL, encrypt it again, or move a store", _add_store),
    "serve": ("run the broker: it serves tokens to agents without access to the store", _add_serve),
    "key": ("make, list or revoke the keys with which agents ask a broker", _add_key),
    "mirror": ("keep a file with access tokens alone, for agents that read no other store", _add_mirror),
    "logout": ("revoke a login at the vendor if possible, then remove it", _add_logout),
    "obscure": ("obscure a client secret from standard input, for client_secret_obscured", _add_obscure),
    "reveal": ("print the secret that was obscured", _add_nothing),
    "doctor": ("check store, locks, config, Discord and vendors; name each repair", _add_doctor),
}
