"""`--version`: print which version of this program is installed."""

from __future__ import annotations

import argparse
from importlib import metadata

from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result


def version(arguments: argparse.Namespace) -> int:
    """Print the version of the installed package."""
    number = metadata.version("openab-auth")
    print_result({"version": number}, f"openab-auth {number}", as_json=arguments.json)
    return DONE
