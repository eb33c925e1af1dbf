"""`store new-key`: print a new key for the encryption of a PostgreSQL store."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli import consoles
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.storage.postgres.sealed import keys

_ADVICE: Final = (
    "openab-auth: keep this key in a secret store, give it to bots and brokers only, and name it in [store] keys; "
    "without it nobody can read the logins\n"
)


def new_key(arguments: argparse.Namespace) -> int:
    """Print 32 random bytes in base64; no store is opened."""
    key = keys.new_key().reveal()
    if not arguments.json:
        consoles.tell(_ADVICE)
    print_result({"key": key}, key, as_json=arguments.json)
    return DONE
