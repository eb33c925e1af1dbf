"""The arguments of the commands that agents call."""

from __future__ import annotations

import argparse

from openab_auth.bot.cli.shared_options import ACCOUNT, add_thread, add_user, seconds


def add_token(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `token`."""
    parser.add_argument("tenant", metavar="TENANT", help=ACCOUNT)
    parser.add_argument(
        "--min-ttl", type=seconds, metavar="S", help="seconds for which it must stay valid (default: 120)"
    )
    _add_wait(parser)
    add_thread(parser)


def add_refresh(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `refresh`."""
    parser.add_argument("tenant", metavar="TENANT", help=ACCOUNT)
    add_thread(parser)
    parser.add_argument(
        "--rejected",
        action="store_true",
        help="read a refused access token from standard input; refresh only if it is still the stored one",
    )


def add_exec(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `exec`."""
    parser.usage = (
        "openab-auth exec [-h] [--store LOCATION] [--config FILE] [--json] [-v] [--wait S] [--thread ID]\n"
        "                        TENANT [TENANT ...] -- COMMAND ..."
    )
    parser.add_argument("tenants", metavar="TENANT", nargs="+", help=ACCOUNT)
    _add_wait(parser)
    add_thread(parser)


def add_request(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `request`."""
    parser.add_argument("account", metavar="ACCOUNT", help=ACCOUNT)
    parser.add_argument(
        "--reason", metavar="TEXT", default="", help="what it is needed for; only 200 characters are shown"
    )
    add_thread(parser)


def add_limited(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `limited`."""
    parser.add_argument("account", metavar="ACCOUNT")
    parser.add_argument(
        "--until",
        type=_moment,
        required=True,
        metavar="T",
        help="unix seconds, or a date as 2030-01-31T12:00Z (UTC if it names no zone); a past time ends the limit",
    )
    add_thread(parser)


def add_use(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `use`."""
    parser.add_argument(
        "account",
        metavar="ACCOUNT",
        nargs="?",
        help="vendor@label, vendor@shared or vendor@me to choose it; a vendor, or nothing, to show the choice",
    )
    parser.add_argument("--drop", action="store_true", help="forget the choice for this vendor")
    add_thread(parser)
    add_user(parser)


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=seconds,
        default=0,
        metavar="S",
        help="seconds to wait for a person to log in, if nobody is (default: 0)",
    )


def _moment(text: str) -> int:
    from datetime import datetime  # noqa: PLC0415 - only this option needs it

    from openab_auth.oauth.notices.limits import unix_time  # noqa: PLC0415 - as above

    try:
        return unix_time(int(text) if text.isascii() and text.isdigit() else datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        message = "unix seconds or a date is expected"
        raise argparse.ArgumentTypeError(message) from None
