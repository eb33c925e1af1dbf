"""The way to Discord: `[discord] proxy`, or else the proxy that the environment names, as for the vendors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
import yarl

from openab_auth.cogs.auth import DiscordSettings
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.http import proxy_for
from openab_auth.oauth.http.certificates import CERTIFICATE_VARIABLES
from openab_auth.storage import Secret

_SCHEMES: Final = ("http", "https")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy. `source` is the variable, or the key of the config, that names it; `url` may hold a password."""

    source: str
    url: Secret

    def __str__(self) -> str:
        parts = yarl.URL(self.url.reveal())
        return f"the proxy of {self.source} ({parts.host}:{parts.port})"

    @property
    def address(self) -> str:
        """Return scheme, host and port alone: aiohttp's errors repeat the address, and discord.py logs them."""
        return str(yarl.URL(self.url.reveal()).origin())

    @property
    def auth(self) -> aiohttp.BasicAuth | None:
        """Return user and password, if the address has them."""
        return aiohttp.BasicAuth.from_url(yarl.URL(self.url.reveal()), encoding="utf-8")


def find_proxy(settings: DiscordSettings, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for the requests to Discord and for its gateway; None to connect directly.

    discord.py takes one proxy for both, so what `NO_PROXY` says about the host of `api_base` holds for both.

    Raises:
        ConfigError: the proxy is unusable, or discord.py cannot use it. The error names the variable, not its value.
    """
    if settings.proxy is not None:
        return _checked("the config", "discord.proxy", settings.proxy.reveal())
    found = proxy_for(settings.api_base, environ)
    return _checked("the environment", found.variable, environ[found.variable].strip()) if found else None


def way_to_discord(proxy: Proxy | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables with which `new_client` goes to Discord: this proxy alone, and the certificates."""
    certificates = {name: environ[name] for name in CERTIFICATE_VARIABLES if name in environ}
    return certificates | ({"ALL_PROXY": proxy.url.reveal()} if proxy else {})


def _checked(place: str, key: str, value: str) -> Proxy:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = yarl.URL(url)
        usable = parts.scheme in _SCHEMES and parts.host and url.isprintable() and " " not in url
    except ValueError:
        raise ConfigError(place, ((key, _NO_ADDRESS),)) from None
    if parts.scheme.startswith("socks"):
        raise ConfigError(place, ((key, _SOCKS),))
    if not usable:
        raise ConfigError(place, ((key, _NO_ADDRESS),))
    return Proxy(key, Secret(url))


_NO_ADDRESS: Final = "is no address of a proxy; write http://HOST:PORT"
_SOCKS: Final = "names a SOCKS proxy, which discord.py cannot use; set [discord] proxy to an HTTP proxy"
