"""The tests that start whole programs by the dozen, or wait for a server that is away.

They are one test in twelve, and two thirds of the time of all tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parent.parent
# Files and folders, or what their names begin with.
_PLACES: Final = (
    "bot/cli/commands/test_stored_once",
    "bot/cli/mcp/",
    "bot/cli/test_consoles",
    "bot/cli/test_postgres_settings",
    "bot/cli/test_signals",
    "bot/cli/test_unusable_environment",
    "bot/broker/test_openapi",
    "bot/playground/page/",
    "bot/playground/store/",
    "bot/playground/test_",
    "bot/requests/",
    "bot/test_on_leave",
    "bot/test_refusals",
    "house/test_agents_page",
    "house/test_broker_page",
    "house/test_several_hosts_page",
    "oauth/flows/device/test_many_device_logins",
    "oauth/logins/accounts/test_account_histories",
    "public/test_public_names",
    "storage/copying/test_interrupted",
    "storage/postgres/away/",
    "storage/postgres/hosts/",
    "storage/postgres/sessions/",
    "storage/postgres/test_store_history",
)


def starts_programs(path: Path) -> bool:
    """Return whether the tests in this file have the marker `programs`."""
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).as_posix().startswith(_PLACES)
