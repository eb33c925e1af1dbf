"""Check the config, the bot's settings in it, and the variables that shadow logins."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openab_auth.bot.cli.doctor.check import Check
from openab_auth.cogs.auth import DiscordSettings, read_bot_config, read_settings
from openab_auth.oauth.config import DEFAULT_STORE, Config, store_location
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import Entry


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """The config for the other checks, or the defaults if the config has mistakes."""

    check: Check
    catalogue: Catalogue
    location: str
    discord: DiscordSettings


def check_config(arguments: argparse.Namespace, environ: Mapping[str, str]) -> CheckedConfig:
    """Check all tables of the config; a mistake fails this check, and the other checks go on."""
    mistakes: list[ConfigError] = []
    try:
        config, discord = read_bot_config(Path(arguments.config) if arguments.config else None, environ)
    except ConfigError as error:
        mistakes.append(error)
        config = Config()
        discord = read_settings(config, environ)
    try:
        location = store_location(config, arguments.store, environ)
    except ConfigError as error:
        mistakes.append(error)
        location = DEFAULT_STORE
    return CheckedConfig(_check(config, mistakes), Catalogue.from_config(config, environ), location, discord)


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
