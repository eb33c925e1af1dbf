"""The arguments of `store`."""

from __future__ import annotations

import argparse


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `store`."""
    actions = ("init", "adopt", "copy", "rekey", "new-key")
    parser.add_argument("action", metavar="|".join(actions), choices=actions)
    parser.add_argument("places", metavar="FROM TO", nargs="*", help="with copy: a path or a PostgreSQL URL each")
    parser.add_argument("--grant", metavar="ROLE", help="with init: a role that bots, agents and brokers use")
    parser.add_argument(
        "--keep-source", action="store_true", help="with copy: leave FROM as it is, and TO closed for refreshes"
    )
