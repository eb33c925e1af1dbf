"""Decide whether the connection to a database is protected: on this host, or with a certificate that is checked."""

from __future__ import annotations

import ipaddress
from itertools import zip_longest

import psycopg
from psycopg import pq

from openab_auth.storage.errors import StoreNotVerifiedError, StoreUrlError
from openab_auth.storage.options import is_clear, shown


def check_transport(url: str, *, insecure: bool) -> None:
    """Refuse a database on another host whose certificate would not be checked.

    libpq itself reads the URL, its variables (PGHOST, PGSSLMODE, …) and the service that PGSERVICE names.

    Raises:
        StoreUrlError: the URL is not clear, or libpq does not understand it.
        StoreNotVerifiedError: a host is remote, without `sslmode=verify-full` and without `insecure`.
    """
    if not is_clear(url):  # libpq could take a part of the password for the host, and show it
        raise StoreUrlError
    given = _given(url)
    defaults = {one.keyword.decode(): _text(one.val) for one in pq.Conninfo.get_defaults()}
    settings = defaults | given
    by_default = "verify-full" if settings.get("sslrootcert") == "system" else ""  # as libpq has it
    verified = (given.get("sslmode") or by_default or defaults.get("sslmode")) == "verify-full"
    if not insecure and not verified and ("service" in given or not all(map(_is_local, _hosts(settings)))):
        raise StoreNotVerifiedError(shown(url))


def _given(url: str) -> dict[str, str]:
    try:
        return {one.keyword.decode(): _text(one.val) for one in pq.Conninfo.parse(url.encode()) if one.val is not None}
    except (psycopg.Error, ValueError):  # the text of these errors may quote the URL
        raise StoreUrlError from None


def _hosts(settings: dict[str, str]) -> list[str]:
    """Return where a connection may go: of each host its address, if that is given; an empty one is a Unix socket."""
    pairs = zip_longest(settings.get("hostaddr", "").split(","), settings.get("host", "").split(","), fillvalue="")
    return [address or host for address, host in pairs]


def _is_local(host: str) -> bool:
    if host.startswith(("/", "@")) or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
