"""The arguments of the commands for operators."""

from __future__ import annotations

import argparse
import re
from typing import Final

from openab_auth.bot.cli.shared_options import ACCOUNT, user_id, whole_number

_WEEK: Final = 604_800  # seconds


def add_playground(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `playground`."""
    parser.add_argument("--port", type=_port, metavar="N", help="the page's port (default: a free one)")


def add_mcp(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `mcp`."""
    parser.add_argument("action", metavar="add|remove", choices=("add", "remove"))
    parser.add_argument("name", metavar="NAME", help="the name of the server, as in mcp:NAME")
    parser.add_argument("url", metavar="URL", nargs="?", help="with add: its https address")


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `serve`."""
    parser.add_argument(
        "--socket",
        metavar="PATH",
        help="the Unix socket (default: auth.sock in /run/openab-auth or $XDG_RUNTIME_DIR/openab-auth)",
    )
    parser.add_argument("--mode", type=_mode, default=0o600, metavar="0660", help="the socket's mode (default: 0600)")
    parser.add_argument("--listen", metavar="HOST:PORT", help="a loopback address, for a reverse proxy with TLS")


def add_key(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `key`."""
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


def add_mirror(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `mirror`."""
    parser.add_argument("tenants", metavar="TENANT", nargs="*", help=f"{ACCOUNT} (default: every shared default)")
    parser.add_argument("--to", metavar="PATH", required=True, help="the file, which nobody else writes")


def add_health(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `health`."""
    parser.add_argument(
        "--for",
        dest="process",
        choices=("bot", "broker"),
        help="the process to ask (default: the bot, or the broker if the config has an address of the broker alone)",
    )


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit`."""
    parser.add_argument(
        "--since",
        type=_duration,
        default=_WEEK,
        metavar="7d",
        help="how far to look back, in s, m, h, d or w (default: 7d)",
    )
    parser.add_argument("--user", type=user_id, metavar="ID", help="only the lines about this person")


def add_obscure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `obscure`."""
    parser.add_argument(
        "--from", dest="vendor", metavar="VENDOR", help="take the secret out of this vendor's installed program instead"
    )


def _port(text: str) -> int:
    return whole_number(text, 65535)


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
