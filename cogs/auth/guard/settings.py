"""Reads the `[discord]` table of the config and names every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from openab_auth.oauth.config import (
    Config,
    ConfigMistakes,
    ConfigTable,
    environment_value,
    parse_config,
    replace_variables,
    without_blanks,
)
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.http import why_unsafe
from openab_auth.oauth.vendors import read_tables
from openab_auth.storage.entries import UserId
from openab_auth.storage.secret import Secret

DISCORD_API: Final = "https://discord.com/api/v10"
_SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """The settings under `[discord]`: who may use /auth, where its commands are registered, and the Discord API.

    `proxy` is the way of our own bot to Discord; a host bot has a client of its own.
    """

    bot_token: Secret | None = None
    allowed_users: frozenset[UserId] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    allow_all_users: bool = False
    allow_dm: bool = True
    guild_ids: tuple[int, ...] = ()
    api_base: str = DISCORD_API
    proxy: Secret | None = None


def read_bot_config(file: Path | None, environ: Mapping[str, str]) -> tuple[Config, DiscordSettings]:
    """Return the operator's config and the settings of its `[discord]` table, for a process that needs every table.

    Raises:
        ConfigError: the file cannot be read, or it has mistakes; those of all tables are named at once.
    """
    config = parse_config(file, environ)
    mistakes: ConfigMistakes = []
    settings = DiscordSettings()
    try:
        read_tables(config, environ)
    except ConfigError as error:
        mistakes += error.mistakes
    try:
        settings = read_settings(config, environ)
    except ConfigError as error:
        mistakes += error.mistakes
    if mistakes:
        raise ConfigError(config.file or "the config", tuple(mistakes))
    return config, settings


def read_settings(config: Config, environ: Mapping[str, str]) -> DiscordSettings:
    """Return the settings in the config. Without a `bot_token` there, use `DISCORD_TOKEN`.

    Raises:
        ConfigError: a key is unknown, has a wrong shape or holds an unset variable. The error repeats no value.
    """
    mistakes: ConfigMistakes = []
    values = replace_variables(config.discord, "discord", environ, mistakes)
    table = ConfigTable(values, "discord", mistakes)
    table.only([field.name for field in fields(DiscordSettings)])
    token = without_blanks(table.text("bot_token")) or environment_value(environ, "DISCORD_TOKEN")
    settings = DiscordSettings(
        bot_token=Secret(token) if token else None,
        allowed_users=frozenset(UserId(number) for number in _ids(table, values, "allowed_users")),
        allowed_roles=frozenset(_ids(table, values, "allowed_roles")),
        allow_all_users=table.flag("allow_all_users"),
        allow_dm=table.flag("allow_dm", default=True),
        guild_ids=_ids(table, values, "guild_ids"),
        api_base=_address(table, "api_base"),
        proxy=Secret(proxy) if (proxy := table.text("proxy").strip()) else None,
    )
    if mistakes:
        raise ConfigError(config.file or "the config", tuple(mistakes))
    return settings


def _address(table: ConfigTable, key: str) -> str:
    value = table.text(key, DISCORD_API)
    if reason := why_unsafe(value):
        table.wrong(key, reason)
    return value.rstrip("/")


def _ids(table: ConfigTable, values: Mapping[str, object], key: str) -> tuple[int, ...]:
    """Return Discord ids, given as texts or as numbers. Some languages would round such large numbers."""
    value = values.get(key, [])
    if not isinstance(value, list):
        table.wrong(key, "must be a list of Discord ids")
        return ()
    if any(isinstance(item, bool) or not _SNOWFLAKE.fullmatch(str(item)) for item in value):
        table.wrong(key, 'must hold Discord ids such as "100000000000000001" (Developer Mode, Copy ID)')
        return ()
    return tuple(int(item) for item in value)
