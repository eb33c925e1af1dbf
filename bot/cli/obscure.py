"""`obscure` and `reveal`: a client secret for the config that no scanner stumbles over, and back."""

from __future__ import annotations

import argparse
import getpass
import sys

from openab_auth.bot.cli.output import DONE, print_result
from openab_auth.bot.cli.words import UsageError
from openab_auth.oauth.config import obscured_text as obscured

_NO_ENCRYPTION = "openab-auth: this hides it from scanners and glances; it is no encryption, anybody can reveal it\n"


def obscure(arguments: argparse.Namespace) -> int:
    """Print the obscured form of what standard input holds."""
    made = obscured.obscure(_secret("The client secret (it is not shown): "))
    if not arguments.json:
        sys.stderr.write(_NO_ENCRYPTION)
    print_result({"obscured": made}, made, as_json=arguments.json)
    return DONE


def reveal(arguments: argparse.Namespace) -> int:
    """Print what `obscure` was given."""
    try:
        shown = obscured.unobscure(_secret("The obscured text: "))
    except obscured.NotObscuredError as error:
        message = f"standard input {error}"
        raise UsageError(message, "openab-auth reveal") from None
    print_result({"revealed": shown}, shown, as_json=arguments.json)
    return DONE


def _secret(prompt: str) -> str:
    """One line; from a terminal without an echo, and never from the command line, which others can see."""
    return (getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()).strip()
