"""Check the address of an endpoint, and compare and show its host (RFC 3986, RFC 8252 7.3)."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import unquote, urlsplit

_DROPPED: Final = re.compile(r"[#\\\s]")  # some URL parsers drop it and the rest, others keep both
_HOST: Final = re.compile(r"[a-z0-9_][a-z0-9._-]*")
_SLASH: Final = re.compile(r"[/\\]")
_LONGEST_HOST: Final = 40  # characters, so that a title is still one line
_PORTS: Final = {"https": 443, "http": 80}


def why_unsafe(url: str) -> str | None:
    """Explain why no request may go to this address, or return None.

    An address must use https, or http on loopback, and must hide nothing: no user, password, fragment or backslash.
    """
    if _DROPPED.search(url) or not url.isprintable():
        return "must not have a fragment, a space, a control character or a backslash"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in {"https", "http"} or not host:
        return "must be an https address"
    if parts.scheme == "http" and not is_loopback(host):
        return "must be https (http only on a loopback address)"
    if parts.username is not None or parts.password is not None:
        return "must not carry a user or a password"
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine alone (RFC 8252 7.3)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of a safe address, as it is compared and shown: in lower case, with an unusual port."""
    parts = urlsplit(url)
    name = (parts.hostname or "").rstrip(".")
    name = f"[{name}]" if ":" in name else name
    return f"{name}:{parts.port}" if parts.port and parts.port != _PORTS.get(parts.scheme) else name


def shorten_host(host: str) -> str:
    """Shorten a host to one line and keep its end, which says whose host it is."""
    return host if len(host) <= _LONGEST_HOST else f"…{host[-_LONGEST_HOST:]}"


def why_ambiguous(url: str) -> str | None:
    """Explain why two URL parsers could disagree about this address, or return None."""
    parts = urlsplit(url)
    if not (parts.netloc.isascii() and _is_one_host(parts.hostname or "", bracketed="[" in parts.netloc)):
        return "must have a host of ASCII letters, digits, '-' and '.' (an international name in its xn-- form)"
    if not {".", ".."}.isdisjoint(_SLASH.split(unquote(parts.path))):
        return "must not have . or .. in its path"
    return None


def _is_one_host(host: str, *, bracketed: bool) -> bool:
    """Return whether this is a host name or a canonical IP address; a name cannot end in a number."""
    if not (bracketed or host.rpartition(".")[2][:1].isdigit()):
        return _HOST.fullmatch(host) is not None
    try:
        return "%" not in host and ipaddress.ip_address(host).version == (6 if bracketed else 4)
    except ValueError:
        return False
