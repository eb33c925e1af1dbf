"""`store rekey`: encrypt every row of a PostgreSQL store with the first key of `[store] keys`."""

from __future__ import annotations

import argparse
from typing import Final

from openab_auth.bot.cli.commands.store.init import check_is_postgres
from openab_auth.bot.cli.exit_status import CHECK_FAILED, DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import find_location
from openab_auth.storage import postgres_settings

_LEFT: Final = (
    "other hosts still encrypt with it, or rows are damaged: give every host the new key first, and run this again"
)
_DONE: Final = (
    "the journals of the hosts need the old keys for another day; then remove them from [store] keys everywhere"
)


def rekey(arguments: argparse.Namespace) -> int:
    """Encrypt the rows in batches; run it again if it was interrupted, or if other hosts used an old key meanwhile.

    The exit status is 1 if rows still need another key.

    Raises:
        StorageError: a key is missing or wrong, or the database refused; the rows so far are encrypted again.
    """
    location = find_location(arguments)
    check_is_postgres(location, "rekey")
    settings = postgres_settings(location)
    from openab_auth.storage.postgres.upkeep.rekeying import Rekeying  # noqa: PLC0415 - the settings say whether it is there

    done = Rekeying(settings).run()
    first = settings.keys.first if settings.keys else ""
    lines = [f"store {location}: {done.rows} rows were encrypted with the key {first}", *done.damaged]
    lines += [
        f"{count} rows {f'need the key {key_id}' if key_id else 'are not encrypted'}; {_LEFT}"
        for key_id, count in done.other_keys.items()
    ]
    if not done.other_keys:
        lines.append(_DONE)
    result = {"store": str(location), "rows": done.rows, "damaged": list(done.damaged), "left": dict(done.other_keys)}
    print_result(result, "\n".join(lines), as_json=arguments.json)
    return CHECK_FAILED if done.other_keys else DONE
