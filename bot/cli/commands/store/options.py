"""The arguments of `store`."""

from __future__ import annotations

import argparse


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `store`."""
    actions = ("init", "adopt", "backup", "restore", "copy", "rekey", "new-key")
    parser.add_argument("action", metavar="|".join(actions), choices=actions)
    places = "with copy: FROM and TO, a path or a PostgreSQL URL each; with backup and restore: the file of the backup"
    parser.add_argument("places", metavar="FILE", nargs="*", help=places)
    parser.add_argument("--grant", metavar="ROLE", help="with init: a role that bots, agents and brokers use")
    parser.add_argument(
        "--keep-source", action="store_true", help="with copy: leave FROM as it is, and TO closed for refreshes"
    )
    parser.add_argument("--replace", action="store_true", help="with restore: replace the logins that the store has")
