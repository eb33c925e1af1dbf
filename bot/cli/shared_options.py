"""The arguments and values that commands of several rooms share."""

from __future__ import annotations

import argparse
from typing import Final

ACCOUNT: Final = "a vendor, mcp:NAME, or one account: vendor@label, vendor@shared, vendor@me"


def add_thread(parser: argparse.ArgumentParser) -> None:
    """Add `--thread`."""
    parser.add_argument("--thread", metavar="ID", help="the Discord thread (default: that of the environment)")


def add_user(parser: argparse.ArgumentParser) -> None:
    """Add `--user`."""
    parser.add_argument(
        "--user",
        type=user_id,
        default=0,
        metavar="ID",
        help="the Discord id of the person who does this, and whose account @me is (default: 0, at the console)",
    )


def user_id(text: str) -> int:
    """Return a Discord user id."""
    return whole_number(text, 2**64 - 1)


def seconds(text: str) -> int:
    """Return a number of seconds."""
    return whole_number(text, 10**9)


def whole_number(text: str, most: int) -> int:
    """Return a whole number that is at most `most`.

    Raises:
        ArgumentTypeError: the text is no such number.
    """
    if not text.isascii() or not text.isdigit() or int(text) > most:
        message = f"a whole number from 0 to {most} is expected"
        raise argparse.ArgumentTypeError(message)
    return int(text)
