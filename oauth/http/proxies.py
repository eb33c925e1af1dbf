"""Choose the proxy of a request from the environment, as curl and other programs do.

`HTTPS_PROXY`, `HTTP_PROXY`, and `ALL_PROXY` for both; `NO_PROXY` lists the hosts that need none. Lower-case names win.
The address of a proxy may hold a password, so it appears in no message.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

from openab_auth.oauth.errors import NetworkVariableError
from openab_auth.storage.secret import Secret

_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_OTHER_SOCKS: Final = frozenset({"socks", "socks4", "socks4a"})
_WEBSOCKETS: Final = {"ws": "http", "wss": "https"}
_LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_RULES: Final = re.compile(r"[,\s]+")
_RULE_WITH_PORT: Final = re.compile(r"(\[.*\]|[^:]*):(\d+)")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Hold the proxy that `variable` names; `auth` is its user and password."""

    variable: str
    scheme: str
    host: str
    port: int
    auth: tuple[Secret, Secret] | None = None

    @property
    def address(self) -> str:
        """Return the address of the proxy without user and password, for messages and for clients."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_socks(self) -> bool:
        """Return whether this is a SOCKS proxy, which needs the extra `socks`."""
        return self.scheme.startswith("socks")


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for requests to `url`, or None if they need no proxy; `wss` counts as `https`.

    Raises:
        NetworkVariableError: the variable that names this proxy is unusable.
    """
    parts = urlsplit(url)
    scheme = _WEBSOCKETS.get(parts.scheme, parts.scheme)
    variable, value = _in_effect(scheme, environ)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORTS.get(scheme)
    if not value or any(_exempts(rule, scheme, host, port) for rule in _no_proxy(environ)):
        return None
    return read_proxy(variable, value)


def all_proxies(environ: Mapping[str, str]) -> dict[str, Proxy]:
    """Return every proxy that the environment puts into effect for some address, by its variable.

    A variable that another variable overrides is not read: desktops set `ALL_PROXY=socks://…` beside usable ones.

    Raises:
        NetworkVariableError: a variable in effect is unusable, or names a SOCKS proxy without the extra `socks`.
    """
    if "*" in _no_proxy(environ):
        return {}
    found = (_in_effect(scheme, environ) for scheme in ("https", "http"))
    proxies = {variable: read_proxy(variable, value) for variable, value in found if value}
    for variable, proxy in proxies.items():
        if proxy.is_socks:
            _require_socks(variable)
    return proxies


def read_proxy(variable: str, value: str) -> Proxy:
    """Return the proxy in the value of a variable, or of a key of the config.

    Raises:
        NetworkVariableError: it is no address of a proxy that this program can use.
    """
    scheme, separator, rest = value.partition("://")
    scheme, rest = (scheme.lower(), rest) if separator else ("http", value)
    if scheme in _OTHER_SOCKS:
        _refuse(
            variable,
            f"names a {scheme}:// proxy, which this program cannot use",
            "write it as socks5:// if it speaks SOCKS5",
        )
    if scheme not in _PORTS:
        _refuse(variable, "names a kind of proxy that this program cannot use")
    if not value.isprintable() or " " in value:
        _refuse(variable, "contains blanks or control characters")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host = parts.hostname or ""
    except ValueError:
        _refuse(variable, "is no address of a proxy")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        _refuse(
            variable,
            "contains more than the address of a proxy",
            "write the characters / ? # % of a password as %2F %3F %23 %25",
        )
    try:
        port = _PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        _refuse(variable, "names a proxy whose port is no number from 1 to 65535")
    if not (_HOST.fullmatch(host) or ":" in host):  # urlsplit has checked an address in brackets
        _refuse(variable, "names a proxy without a valid host name")
    return Proxy(variable, scheme, host, port, _auth(parts.username, parts.password))


def proxy_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that this module reads."""
    return {name: value for name, value in environ.items() if name.lower().endswith("_proxy")}


def _in_effect(scheme: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the variable for requests of this scheme, and its value, which is empty if no variable is set."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        variable = name if name in environ else name.upper()
        if value := environ.get(variable, "").strip():
            return variable, value
    return "", ""


def _no_proxy(environ: Mapping[str, str]) -> list[str]:
    rules = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    return [rule for rule in _RULES.split(rules.lower()) if rule]


def _exempts(rule: str, scheme: str, host: str, port: int | None) -> bool:
    """Return whether a rule of NO_PROXY names this host; a rule that cannot be read names none, as in curl."""
    only, _, place = rule.rpartition("://")
    if with_port := _RULE_WITH_PORT.fullmatch(place):
        place = with_port[1]
        if with_port[2] != str(port):
            return False
    if only and only != scheme:
        return False
    if place == "*":
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(place.strip("[]"), strict=False)
    except ValueError:
        suffix = place.removeprefix("*")
    if suffix.startswith("."):
        return host.endswith(suffix)
    return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))


def _require_socks(variable: str) -> None:
    try:
        import socksio  # noqa: F401, PLC0415 - the optional library that httpx2 needs for SOCKS
    except ImportError:
        raise NetworkVariableError(
            variable,
            "names a SOCKS proxy, and the library for SOCKS is not installed",
            f"install it with `pip install 'openab-auth[socks]'`, or unset {variable}, then start again",
        ) from None


def _auth(user: str | None, password: str | None) -> tuple[Secret, Secret] | None:
    if user is None and password is None:
        return None
    return Secret(unquote(user or "")), Secret(unquote(password or ""))


def _refuse(variable: str, problem: str, advice: str = "") -> NoReturn:
    todo = advice or "write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
    raise NetworkVariableError(variable, problem, f"{todo}, or unset {variable}, then start again") from None
