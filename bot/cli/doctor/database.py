"""Check a store in PostgreSQL: its tables, the rights of our role, the keys that rows need, and the clocks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.storage import StoreLocation, postgres_settings
from openab_auth.storage.errors import StorageError

if TYPE_CHECKING:
    from openab_auth.storage.postgres.upkeep.inspection import Inspection

_MOST_AHEAD: Final = 5.0  # seconds; the expiry of tokens is compared with the clock of this host


def check_database(location: StoreLocation) -> list[Check]:
    """Return the checks; none if the store cannot be opened, which the check of the store reports."""
    try:
        settings = postgres_settings(location, os.environ)
        from openab_auth.storage.postgres.upkeep.inspection import inspect  # noqa: PLC0415 - the settings say whether it is there

        found = inspect(settings)
    except StorageError:
        return []
    first = settings.keys.first if settings.keys else ""
    checks = [
        Check("tables", ok=True, message=f"version {found.schema_version}, on {found.server_version}"),
        _look_at_rights(found.missing_rights),
        *(_look_at_key(key_id, count, first) for key_id, count in found.rows_by_key.items()),
        _look_at_clock(found.clock_ahead),
        _look_at_journal(found),
    ]
    if not settings.keys:
        message = "[store] plaintext = true: rows are stored without encryption"
        hint = "everybody who can read the database or its backups can use the logins; see docs/how-to/several-hosts.md"
        checks.append(Check("encryption", ok=True, message=message, hint=hint))
    return checks


def _look_at_rights(missing: tuple[str, ...]) -> Check:
    if not missing:
        return Check("rights", ok=True, message="our role may read and change the rows")
    hint = "let the owner of the store run `openab-auth store init --grant ROLE` for this role"
    return Check("rights", ok=False, message=f"our role lacks rights: {', '.join(missing)}", hint=hint)


def _look_at_key(key_id: str, count: int, first: str) -> Check:
    rows = "1 row" if count == 1 else f"{count} rows"
    name, said = (f"key {key_id}", f"{rows} need this key") if key_id else ("encryption", f"{rows} are not encrypted")
    if key_id == first:
        return Check(name, ok=True, message=said)
    hint = "`openab-auth store rekey` encrypts them with the first key" if first else None
    return Check(name, ok=True, message=said, hint=hint)


def _look_at_journal(found: Inspection) -> Check:
    if found.is_adopted:
        return Check("journal", ok=True, message=str(found.journal))
    hint = "if this store, and no copy of it, is the one in use, run `openab-auth store adopt` on this host"
    message = f"{found.journal} belongs to another store, so this host refreshes nothing"
    return Check("journal", ok=False, message=message, hint=hint)


def _look_at_clock(ahead: float) -> Check:
    message = f"the clock of this host is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} it"
    if abs(ahead) <= _MOST_AHEAD:
        return Check("clock of the database", ok=True, message=message)
    return Check(
        "clock of the database", ok=False, message=message, hint="synchronise both clocks, with NTP for example"
    )
