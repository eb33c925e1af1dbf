"""`obscure` and `reveal`: hide a client secret in the config from scanners, and show it again."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_for_reading
from openab_auth.oauth.config import obscured_text as obscured
from openab_auth.oauth.config import without_blanks
from openab_auth.oauth.errors import SecretMissingError
from openab_auth.oauth.vendors import PROGRAMS, InstalledSecretError, VendorName, find_secret

_NO_ENCRYPTION = "openab-auth: this hides the secret from scanners; it is no encryption, anybody can reveal it\n"


def obscure(arguments: argparse.Namespace) -> int:
    """Print the obscured form of the secret on standard input; with `--from`, the config line for a vendor."""
    if arguments.vendor is not None:
        return _obscure_installed(arguments)
    made = obscured.obscure(_secret("The client secret (it is not shown): "))
    if not arguments.json:
        consoles.tell(_NO_ENCRYPTION)
    print_result({"obscured": made}, made, as_json=arguments.json)
    return DONE


def _obscure_installed(arguments: argparse.Namespace) -> int:
    name = arguments.vendor
    if name not in PROGRAMS:
        message = f"--from takes {' or '.join(PROGRAMS)}"
        raise UsageError(message, "openab-auth obscure")
    _, catalogue, _ = open_for_reading(arguments)
    row = catalogue.named(VendorName(name))
    try:
        secret = find_secret(name, row.client_id if row else "", os.environ)
    except InstalledSecretError as error:
        raise SecretMissingError(name, row.client_secret_env if row else "", str(error)) from None
    made = obscured.obscure(secret.reveal())
    line = f'client_secret_obscured = "{made}"'
    if not arguments.json:
        sys.stderr.write(f"{_NO_ENCRYPTION}Put this line under [vendors.{name}] in the config:\n")
    print_result({"obscured": made, "vendor": name, "line": line}, line, as_json=arguments.json)
    return DONE


def reveal(arguments: argparse.Namespace) -> int:
    """Print the secret that was obscured."""
    try:
        shown = obscured.unobscure(_secret("The obscured text: "))
    except obscured.NotObscuredError as error:
        message = f"standard input {error}"
        raise UsageError(message, "openab-auth reveal") from None
    print_result({"revealed": shown}, shown, as_json=arguments.json)
    return DONE


def _secret(prompt: str) -> str:
    """Read one line, without echo on a terminal; never from the command line, which other users can see."""
    secret = without_blanks(getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline())
    if "\ufffd" in secret:
        message = "standard input has bytes that its encoding does not have; set PYTHONIOENCODING=utf-8"
        raise UsageError(message, "openab-auth obscure")
    return secret
