"""Read `[auth.channels."ID"]`: what differs in one channel, and in the threads below it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from openab_auth.oauth.config.table import ConfigTable
from openab_auth.storage.records.threads import PERSONAL_ACCOUNTS, SHARED_ACCOUNTS, AccountPolicy

_ID: Final = re.compile(r"[0-9]{1,20}")
_ID_WANTED: Final = 'must hold Discord ids such as "100000000000000001" (Developer Mode, Copy ID)'


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """Hold what one channel overrides; None is no override.

    `accounts` says whose account serves a thread in which nobody has chosen. `vendors` are the vendors that people
    may log in to there, and `allowed_roles` the roles that may use `/auth` there.
    """

    accounts: AccountPolicy | None = None
    vendors: tuple[str, ...] | None = None
    allowed_roles: frozenset[int] | None = None


CHANNEL_KEYS: Final = tuple(key.name for key in fields(ChannelSettings))


def read_channels(auth: ConfigTable) -> Mapping[int, ChannelSettings]:
    """Return the overrides by the id of the channel."""
    found: dict[int, ChannelSettings] = {}
    for name, values in auth.tables("channels").items():
        if not _ID.fullmatch(name):
            auth.wrong(f"channels.{name}", "must be the id of a Discord channel, in quotes")
            continue
        table = ConfigTable(values, f"auth.channels.{name}", auth.mistakes)
        table.only(CHANNEL_KEYS)
        found[int(name)] = ChannelSettings(
            accounts=read_policy(table) if "accounts" in values else None,
            vendors=table.texts("vendors") if "vendors" in values else None,
            allowed_roles=_roles(table, values["allowed_roles"]) if "allowed_roles" in values else None,
        )
    return found


def read_policy(table: ConfigTable) -> AccountPolicy:
    """Return the policy at `accounts`."""
    text = table.one_of("accounts", (SHARED_ACCOUNTS, PERSONAL_ACCOUNTS), SHARED_ACCOUNTS)
    return PERSONAL_ACCOUNTS if text == PERSONAL_ACCOUNTS else SHARED_ACCOUNTS


def _roles(table: ConfigTable, value: object) -> frozenset[int]:
    if not isinstance(value, list):
        table.wrong("allowed_roles", "must be a list of Discord ids")
        return frozenset()
    if any(isinstance(item, bool) or not _ID.fullmatch(str(item)) for item in value):
        table.wrong("allowed_roles", _ID_WANTED)
        return frozenset()
    return frozenset(int(item) for item in value)
