"""The tests that start whole programs by the dozen, or wait for a server that is away.

They are one test in twelve, and two thirds of the time of all tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parent.parent
# Files and folders, or what their names begin with.
_PLACES: Final = (
    "bot/broker/test_long_polls",
    "bot/broker/test_openapi",
    "bot/cli/commands/logins/test_stored_once",
    "bot/cli/mcp/",
    "bot/cli/test_consoles",
    "bot/cli/test_foreign_server",
    "bot/cli/test_postgres_settings",
    "bot/cli/test_signals",
    "bot/cli/test_unusable_environment",
    "bot/health/test_probes",
    "bot/metrics/test_running",
    "bot/playground/page/",
    "bot/playground/store/",
    "bot/playground/test_",
    "bot/requests/",
    "bot/test_on_leave",
    "bot/test_refusals",
    "bot/test_shards",
    "cogs/auth/service/posting/",
    "house/test_agents_page",
    "house/test_broker_page",
    "house/test_release",
    "house/test_several_hosts_page",
    "house/test_site",
    "house/test_supply_chain",
    "house/test_tutorial",
    "oauth/flows/device/test_many_device_logins",
    "oauth/logins/accounts/test_account_histories",
    "oauth/tokens/refresh/test_standing_still",
    "public/test_public_names",
    "storage/backups/test_killed_restores",
    "storage/copying/test_interrupted",
    "storage/postgres/away/",
    "storage/postgres/hosts/",
    "storage/postgres/sessions/",
    "storage/postgres/test_store_history",
)


def starts_programs(path: Path) -> bool:
    """Return whether the tests in this file have the marker `programs`."""
    return path.is_relative_to(_TESTS) and path.relative_to(_TESTS).as_posix().startswith(_PLACES)
