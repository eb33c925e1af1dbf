"""The arguments of the commands about logins."""

from __future__ import annotations

import argparse

from openab_auth.bot.cli.shared_options import ACCOUNT, add_user, user_id


def add_login(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `login`."""
    parser.add_argument("vendor", metavar="VENDOR", help=ACCOUNT)
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
    add_user(parser)


def add_complete(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `complete`."""
    parser.add_argument("vendor", metavar="VENDOR", help=ACCOUNT)
    parser.add_argument(
        "paste",
        metavar="PASTE",
        nargs="?",
        help="the redirect, the code or the API key (default: read from standard input)",
    )
    add_user(parser)


def add_cancel(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `cancel`."""
    parser.add_argument("vendor", metavar="VENDOR", help=ACCOUNT)
    add_user(parser)


def add_logout(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `logout`."""
    parser.add_argument("tenant", metavar="TENANT", nargs="?", help=ACCOUNT)
    parser.add_argument("--local", action="store_true", help="only remove it from the store")
    parser.add_argument(
        "--user",
        type=user_id,
        metavar="ID",
        help="without TENANT: end everything that this person has, only here; with TENANT: whose account @me is",
    )
    parser.add_argument("--revoke", action="store_true", help="with --user alone: revoke each login at its vendor, too")
