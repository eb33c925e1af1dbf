"""The exit statuses of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openab_auth.storage.errors import OpenabAuthError

DONE: Final = 0
CHECK_FAILED: Final = 1
USAGE: Final = 2


def status_of(error: OpenabAuthError) -> int:
    """Return the exit status of `error`."""
    from openab_auth.bot.cli.status_table import STATUSES  # noqa: PLC0415 - only a failure needs the errors of all rooms

    return next((status for kind, status in STATUSES if isinstance(error, kind)), CHECK_FAILED)
