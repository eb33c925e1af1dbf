"""Check the config, the bot's settings in it, and the variables that shadow logins."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.bot.proxy import Proxy, find_proxy
from openab_auth.cogs.auth import Access, DiscordSettings, read_settings
from openab_auth.oauth.config import DEFAULT_STORE, AuthSettings, Config, parse_config, store_location
from openab_auth.oauth.errors import ConfigError, SecretMissingError
from openab_auth.oauth.vendors import Catalogue, check_secret_files, read_tables
from openab_auth.storage import Entry, StoreLocation


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """The config for the other checks, or the defaults if the config has mistakes."""

    check: Check
    catalogue: Catalogue
    location: StoreLocation
    auth: AuthSettings
    discord: DiscordSettings | None
    """The bot's settings; None if only an agent's needs are checked."""
    proxy: Proxy | None = None


def check_config(arguments: argparse.Namespace, environ: Mapping[str, str]) -> CheckedConfig:
    """Check all tables of the config and name every mistake; the other checks then use defaults and `[discord]`."""
    mistakes: list[ConfigError] = []
    config, discord, proxy = Config(), None, None
    try:
        config = parse_config(Path(arguments.config) if arguments.config else None, environ)
        tables = read_tables(config, environ)
        if arguments.process != "agent":
            check_secret_files(config, tables)
    except ConfigError as error:
        mistakes.append(error)
        config = Config(config.file, discord=config.discord)
    if arguments.process != "agent":
        try:
            discord = read_settings(config, environ)
            if discord.bot_token is not None:
                proxy = find_proxy(discord, environ)
        except ConfigError as error:
            mistakes.append(error)
            discord = discord or read_settings(Config(), environ)
    try:
        location = store_location(config, arguments.store, environ)
    except ConfigError as error:
        mistakes.append(error)
        location = StoreLocation(DEFAULT_STORE)
    catalogue = Catalogue.from_config(config, environ)
    return CheckedConfig(_check(config, mistakes), catalogue, location, config.auth, discord, proxy)


def check_access(settings: DiscordSettings, auth: AuthSettings) -> list[Check]:
    """Check that somebody may use /auth, and that the bot can tell somebody about people who have left."""
    access = Access(settings)
    hint = "list Discord ids in [discord] allowed_users, or role ids in [discord] allowed_roles"
    admits = access.admits_anybody
    checks = [Check("access", ok=admits, message=str(access), hint=None if admits else hint)]
    if auth.on_leave is not None and not access.can_tell_operators:
        hint = "list operators in [discord] operators, or name [discord] operators_channel"
        message = "there is nobody whom the bot could tell that a person has left"
        checks.append(Check("on_leave", ok=False, message=message, hint=hint))
    return checks


def check_servers_of_openab(setting: CheckedConfig) -> list[Check]:
    """Report what keeps the MCP servers of openab's own list from being offered."""
    return [Check("mcp.json", ok=False, message=one.what, hint=one.repair) for one in setting.catalogue.problems]


def check_offers(setting: CheckedConfig) -> list[Check]:
    """Report vendors that the config names and that are not offered all the same, and each missing client secret.

    An agent needs no vendor that is offered, so for an agent alone this is no failure.
    """
    auth, checks = setting.auth, []
    for vendor in setting.catalogue.all():
        refused = setting.catalogue.refusal(vendor.name)
        asked = setting.discord and (vendor.name in (auth.vendors or ()) or vendor.name in auth.accept_risk)
        if refused is not None and (asked or isinstance(refused, SecretMissingError)):
            checks.append(Check(f"{vendor.name} login", ok=not asked, message=refused.happened, hint=refused.todo))
    return checks


def check_variables(setting: CheckedConfig, entries: Mapping[str, Entry]) -> list[Check]:
    """Report variables that a vendor's tools prefer to the stored login."""
    return [
        Check(
            f"{vendor.name} variables",
            ok=False,
            message=f"${variable} is set, and the tools of {vendor.title} prefer it to the stored login",
            hint="unset it for agents that should use the login",
        )
        for vendor in setting.catalogue.all()
        if vendor.tenant in entries and (variable := setting.catalogue.shadowed_by(vendor))
    ]


def _check(config: Config, mistakes: list[ConfigError]) -> Check:
    if not mistakes:
        return Check("config", ok=True, message=config.file or "no config; the defaults apply")
    if [len(error.mistakes) for error in mistakes] == [1]:
        message = mistakes[0].happened
    else:
        told = [f"  {line}" for error in mistakes for line in error.lines]
        message = "\n".join((f"{mistakes[0].file} has {len(told)} mistakes", *told))
    return Check("config", ok=False, message=message, hint="correct it; the other checks used the defaults")
