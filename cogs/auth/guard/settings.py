"""Reads the `[discord]` table of the config and names every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Final, Literal, cast

from openab_auth.oauth.config import (
    Config,
    ConfigMistakes,
    ConfigTable,
    SecretFileError,
    environment_value,
    parse_config,
    read_secret_file,
    replace_variables,
    without_blanks,
)
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.http import why_unsafe
from openab_auth.oauth.vendors import check_secret_files, read_tables
from openab_auth.oauth.vendors.server_names import names_server
from openab_auth.storage.entries import UserId
from openab_auth.storage.secret import Secret

DISCORD_API: Final = "https://discord.com/api/v10"
_SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class GuildRules:
    """The rules of one Discord server. Where a rule is None, the rule for all servers holds there, too.

    `vendors` are those of the offered vendors that people may log in to in this server.
    """

    allowed_users: frozenset[UserId] | None = None
    allowed_roles: frozenset[int] | None = None
    operators: frozenset[int] | None = None
    vendors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """The settings under `[discord]`: who may use /auth, where its commands are registered, and the Discord API.

    `operators` are people and roles; without them, `allowed_users` are operators. `requests` says whether the bot
    writes in threads whose agents ask for a login. `guilds` has the rules of single
    Discord servers, by id. `proxy` is the way of our own bot to Discord; a host bot has a client of its own.
    """

    bot_token: Secret | None = None
    token_file: str = ""
    allowed_users: frozenset[UserId] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    allow_all_users: bool = False
    operators: frozenset[int] | None = None
    operators_channel: int | None = None
    requests: Literal["thread", "off"] = "thread"
    guilds: Mapping[int, GuildRules] = field(default_factory=dict)
    allow_dm: bool = True
    guild_ids: tuple[int, ...] = ()
    api_base: str = DISCORD_API
    proxy: Secret | None = None
    proxy_file: str = ""

    def in_guild(self, guild: int | None) -> DiscordSettings:
        """Return the settings that hold in this Discord server, or outside of all servers.

        `allow_all_users` does not hold in a server that lists its own people or roles.
        """
        rules = None if guild is None else self.guilds.get(guild)
        if rules is None:
            return self
        own_list = rules.allowed_users is not None or rules.allowed_roles is not None
        return replace(
            self,
            allowed_users=self.allowed_users if rules.allowed_users is None else rules.allowed_users,
            allowed_roles=self.allowed_roles if rules.allowed_roles is None else rules.allowed_roles,
            operators=self.operators if rules.operators is None else rules.operators,
            allow_all_users=self.allow_all_users and not own_list,
        )


def read_bot_config(file: Path | None, environ: Mapping[str, str]) -> tuple[Config, DiscordSettings]:
    """Return the operator's config and the settings of its `[discord]` table, for a process that needs every table.

    Raises:
        ConfigError: the file, or a file with a secret that it names, cannot be read, or it has mistakes; those of all
            tables are named at once.
    """
    config = parse_config(file, environ)
    mistakes: ConfigMistakes = []
    settings = DiscordSettings()
    vendors: Collection[str] | None = None
    try:
        tables = read_tables(config, environ)
        vendors = tables.vendors
        check_secret_files(config, tables)
    except ConfigError as error:
        mistakes += error.mistakes
    try:
        settings = read_settings(config, environ)
    except ConfigError as error:
        mistakes += error.mistakes
    for guild, rules in settings.guilds.items():
        known = vendors is None or all(name in vendors or names_server(name) for name in rules.vendors or ())
        if not known:
            mistakes.append((f"discord.guilds.{guild}.vendors", "names a vendor that there is not"))
    if mistakes:
        raise ConfigError(config.file or "the config", tuple(mistakes))
    return config, settings


def read_settings(config: Config, environ: Mapping[str, str]) -> DiscordSettings:
    """Return the settings in the config, with the secrets in its files. Without a token there, use `DISCORD_TOKEN`.

    Raises:
        ConfigError: a key is unknown, has a wrong shape, holds an unset variable or names a file that cannot be used.
            The error repeats no value.
    """
    mistakes: ConfigMistakes = []
    values = replace_variables(config.discord, "discord", environ, mistakes)
    table = ConfigTable(values, "discord", mistakes)
    table.only([field.name for field in fields(DiscordSettings)])
    of_environment = environment_value(environ, "DISCORD_TOKEN")
    token = _secret(table, "bot_token", "token_file", config, environ)
    settings = DiscordSettings(
        bot_token=token or (Secret(of_environment) if of_environment else None),
        token_file=table.text("token_file"),
        allowed_users=frozenset(UserId(number) for number in _ids(table, values, "allowed_users")),
        allowed_roles=frozenset(_ids(table, values, "allowed_roles")),
        allow_all_users=table.flag("allow_all_users"),
        operators=_operators(table, values),
        operators_channel=_channel(table, values),
        requests=cast("Literal['thread', 'off']", table.one_of("requests", ("thread", "off"), "thread")),
        guilds=_guilds(table, mistakes),
        allow_dm=table.flag("allow_dm", default=True),
        guild_ids=_ids(table, values, "guild_ids"),
        api_base=_address(table, "api_base"),
        proxy=_secret(table, "proxy", "proxy_file", config, environ),
        proxy_file=table.text("proxy_file"),
    )
    if mistakes:
        raise ConfigError(config.file or "the config", tuple(mistakes))
    return settings


def _secret(table: ConfigTable, key: str, file_key: str, config: Config, environ: Mapping[str, str]) -> Secret | None:
    """Return the secret at `key`, or that in the file at `file_key`; None if neither is given."""
    text, path = without_blanks(table.text(key)), table.text(file_key)
    if text and path:
        table.wrong(file_key, f"says where the secret is, and so does {key}; keep one of them")
    if not path:
        return Secret(text) if text else None
    try:
        return read_secret_file(path, environ, file=config.file or "")
    except SecretFileError as error:
        table.wrong(file_key, error.reason)
        return None


def _guilds(discord: ConfigTable, mistakes: ConfigMistakes) -> Mapping[int, GuildRules]:
    found = {}
    for guild, values in discord.tables("guilds").items():
        if not _SNOWFLAKE.fullmatch(guild):
            discord.wrong(f"guilds.{guild}", 'must be the id of a server, such as "100000000000000009"')
            continue
        table = ConfigTable(values, f"discord.guilds.{guild}", mistakes)
        table.only([rule.name for rule in fields(GuildRules)])
        users, roles = _ids(table, values, "allowed_users"), _ids(table, values, "allowed_roles")
        found[int(guild)] = GuildRules(
            allowed_users=frozenset(map(UserId, users)) if "allowed_users" in values else None,
            allowed_roles=frozenset(roles) if "allowed_roles" in values else None,
            operators=_operators(table, values),
            vendors=table.texts("vendors") if "vendors" in values else None,
        )
    return found


def _operators(table: ConfigTable, values: Mapping[str, object]) -> frozenset[int] | None:
    return frozenset(_ids(table, values, "operators")) if "operators" in values else None


def _channel(table: ConfigTable, values: Mapping[str, object]) -> int | None:
    value = values.get("operators_channel")
    if value is None:
        return None
    if isinstance(value, bool) or not _SNOWFLAKE.fullmatch(str(value)):
        table.wrong("operators_channel", 'must be the id of a channel, such as "100000000000000003"')
        return None
    return int(str(value))


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
