"""The `[discord]` table of the config, checked: every mistake is named at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from oauth.config import Config
from oauth.errors import ConfigError
from storage.entries import UserId
from storage.secret import Secret

DISCORD_API: Final = "https://discord.com/api/v10"
_SNOWFLAKE: Final = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """Who may use /auth, where its commands are registered, and which Discord the bot talks to."""

    bot_token: Secret | None = None
    allowed_users: frozenset[UserId] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    allow_all_users: bool = False
    allow_dm: bool = True
    guild_ids: tuple[int, ...] = ()
    api_base: str = DISCORD_API


def read_settings(config: Config, environ: Mapping[str, str]) -> DiscordSettings:
    """The settings of the config; `DISCORD_TOKEN` counts where the config has no `bot_token`.

    Raises:
        ConfigError: one or more keys are unknown or of a wrong shape.
    """
    table = _Reader(config.discord)
    token = table.text("bot_token") or environ.get("DISCORD_TOKEN", "").strip()
    settings = DiscordSettings(
        bot_token=Secret(token) if token else None,
        allowed_users=frozenset(UserId(number) for number in table.ids("allowed_users")),
        allowed_roles=frozenset(table.ids("allowed_roles")),
        allow_all_users=table.flag("allow_all_users", default=False),
        allow_dm=table.flag("allow_dm", default=True),
        guild_ids=table.ids("guild_ids"),
        api_base=table.address("api_base", default=DISCORD_API),
    )
    if table.mistakes:
        raise ConfigError(config.file or "the config", tuple(table.mistakes))
    return settings


class _Reader:
    """Reads one table strictly and collects what is wrong with it as (key, reason); values are never repeated."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._table = table
        known = {field.name for field in fields(DiscordSettings)}
        self.mistakes = [
            (f"discord.{key}", f"is no setting; known are {', '.join(sorted(known))}")
            for key in table
            if key not in known
        ]

    def _wrong(self, key: str, reason: str) -> None:
        self.mistakes.append((f"discord.{key}", reason))

    def text(self, key: str) -> str:
        value = self._table.get(key, "")
        if isinstance(value, str):
            return value.strip()
        self._wrong(key, "must be a text")
        return ""

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._table.get(key, default)
        if isinstance(value, bool):
            return value
        self._wrong(key, "must be true or false")
        return default

    def address(self, key: str, *, default: str) -> str:
        value = self.text(key) or default
        if not value.startswith(("https://", "http://")):
            self._wrong(key, "must be an http(s) address")
        return value.rstrip("/")

    def ids(self, key: str) -> tuple[int, ...]:
        """Discord ids, as texts (TOML readers of other languages round big numbers) or as numbers."""
        value = self._table.get(key, [])
        if not isinstance(value, list):
            self._wrong(key, "must be a list of Discord ids")
            return ()
        found: list[int] = []
        for item in value:
            if isinstance(item, bool) or not isinstance(item, int | str) or not _SNOWFLAKE.fullmatch(str(item)):
                self._wrong(key, 'must hold Discord ids such as "100000000000000001" (Developer Mode, Copy ID)')
                return ()
            found.append(int(item))
        return tuple(found)
