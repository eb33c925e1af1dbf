"""The way to Discord: `[discord] proxy`, or else the proxy that the environment names, as for the vendors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from openab_auth.cogs.auth import DiscordSettings
from openab_auth.oauth.errors import ConfigError, NetworkVariableError
from openab_auth.oauth.http import proxy_for, read_proxy
from openab_auth.oauth.http.certificates import CERTIFICATE_VARIABLES
from openab_auth.storage import Secret


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `source` is the variable, or the key of the config, that names it; `url` may hold a password."""

    source: str
    url: Secret

    def __str__(self) -> str:
        return f"the proxy of {self.source} ({self.address.partition('://')[2]})"

    @property
    def address(self) -> str:
        """Return scheme, host and port alone: aiohttp's errors repeat the address, and discord.py logs them."""
        return read_proxy(self.source, self.url.reveal()).address

    @property
    def auth(self) -> aiohttp.BasicAuth | None:
        """Return user and password, if the address has them."""
        auth = read_proxy(self.source, self.url.reveal()).auth
        return aiohttp.BasicAuth(auth[0].reveal(), auth[1].reveal(), encoding="utf-8") if auth else None


def find_proxy(settings: DiscordSettings, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for the requests to Discord and for its gateway; None to connect directly.

    discord.py takes one proxy for both, so what `NO_PROXY` says about the host of `api_base` holds for both.

    Raises:
        ConfigError: the proxy is unusable, or discord.py cannot use it. The error names the variable, not its value.
    """
    if settings.proxy is not None:
        place, key, value = "the config", "discord.proxy", settings.proxy.reveal().strip()
    elif found := proxy_for(settings.api_base, environ):
        place, key, value = "the environment", found.variable, environ[found.variable].strip()
    else:
        return None
    try:
        proxy = read_proxy(key, value)
    except NetworkVariableError as error:
        raise ConfigError(place, ((key, f"{error.problem}; {_ADVICE}"),)) from None
    if proxy.is_socks:
        raise ConfigError(place, ((key, _SOCKS),))
    return Proxy(key, Secret(value))


def way_to_discord(proxy: Proxy | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables with which `new_client` goes to Discord: this proxy alone, and the certificates."""
    certificates = {name: environ[name] for name in CERTIFICATE_VARIABLES if name in environ}
    return certificates | ({"ALL_PROXY": proxy.url.reveal()} if proxy else {})


_ADVICE: Final = "write http://HOST:PORT, and the characters / ? # % of a password as %2F %3F %23 %25"
_SOCKS: Final = "names a SOCKS proxy, which discord.py cannot use; set [discord] proxy to an HTTP proxy"
