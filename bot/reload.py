"""Reload the config of the running bot: access rules, vendors, servers and keys; all other keys wait for a restart."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from openab_auth.bot.client import AuthBot
from openab_auth.bot.service import Reloaded, changed_keys
from openab_auth.bot.service.prepare import prepare
from openab_auth.cogs.auth import AuthService, DiscordSettings, read_bot_config
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.secret import Secret
from openab_auth.storage.worker_thread import in_thread

_log: Final = logging.getLogger(__name__)
# Every other key counts at the start alone: tasks, intents, shards and commands depend on it, and are made once.
_LIVE_OF_AUTH: Final = frozenset(
    {"vendors", "accept_risk", "allow_http_loopback", "mcp_json", "mcp_proxy", "ask", "accounts", "channels"}
)
_LIVE_OF_DISCORD: Final = frozenset(
    {"allowed_users", "allowed_roles", "allow_all_users", "operators", "operators_channel", "guilds"}
)
_FILES: Final = frozenset({"discord.token_file", "discord.proxy_file"})  # what is in them counts
_LIVE: Final = frozenset(
    {"file", "mistakes", "discord", "vendors", "vendor_templates", "mcp", "store.keys", *_FILES}
    | {f"auth.{key}" for key in _LIVE_OF_AUTH}
    | {f"discord.{key}" for key in _LIVE_OF_DISCORD}
)


def token_of(config: Config, settings: DiscordSettings) -> Secret:
    """Return the bot's token.

    Raises:
        ConfigError: there is none.
    """
    if settings.bot_token is None:
        ways = "set DISCORD_TOKEN, bot_token or token_file, or try `openab-auth playground`, which needs none"
        raise ConfigError(config.file or "the environment", (("discord.bot_token", f"is missing; {ways}"),))
    return settings.bot_token


class BotReload:
    """Reads the config of one bot again; `config` and `settings` are those with which it was started."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a bot
        self,
        config: Config,
        settings: DiscordSettings,
        environ: Mapping[str, str],
        runtime: Runtime,
        service: AuthService,
        client: AuthBot,
    ) -> None:
        self._config = config
        self._settings = settings
        self._environ = environ
        self._runtime = runtime
        self._service = service
        self._client = client

    async def __call__(self) -> Reloaded:
        """Use the config as it is now; return what is in use, and which keys wait for a restart.

        Raises:
            ConfigError, StoreKeyError: the config, or a file that it names, has mistakes; nothing has changed.
        """
        file = Path(self._config.file) if self._config.file else None
        config, settings = await in_thread(read_bot_config, file, self._environ)
        token_of(config, settings)
        waiting = (
            *changed_keys(self._settings, settings, "discord", but=_LIVE),
            *changed_keys(self._config, replace(config, broker=self._config.broker), but=_LIVE),
        )
        live = {key: getattr(config.auth, key) for key in _LIVE_OF_AUTH}
        config = replace(config, auth=replace(self._config.auth, **live))
        settings = replace(self._settings, **{key: getattr(settings, key) for key in _LIVE_OF_DISCORD})
        use = await prepare(self._runtime, self._config, config)
        # Nothing waits between these two lines: a request meets the rules of one config, and its vendors.
        use()
        self._service.guard.access.replace(settings, config.auth.channels)
        untold = await self._tell_agents()
        offered = ", ".join(vendor.name for vendor in self._runtime.catalogue.offered()) or "none"
        return Reloaded(f"{self._service.guard.access}; vendors offered: {offered}{untold}", waiting)

    async def _tell_agents(self) -> str:
        """Store the policies of threads, because agents cannot ask the bot; return what to say if that fails."""
        if self._client.application_id is None:
            return ""
        try:
            await self._service.threads.store_policies(self._client.application_id)
        except OpenabAuthError as error:
            _log.warning("the policies could not be stored: %s", error)
            return "; agents still follow the old policies of threads: reload once more when the store works"
        return ""
