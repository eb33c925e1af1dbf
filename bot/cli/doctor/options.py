"""The arguments of `doctor`."""

from __future__ import annotations

import argparse


def add_doctor(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `doctor`."""
    parser.add_argument(
        "--for",
        dest="process",
        choices=("agent", "bot"),
        help="check only what an agent needs, or all that the bot needs (default: the bot if it has a token)",
    )
