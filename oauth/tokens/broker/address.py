"""Read where a broker listens, and the key that it wants; refuse an address to which a key would go in the clear."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlsplit

from openab_auth.oauth.errors import BrokerSettingError
from openab_auth.oauth.http.urls import host_of, is_loopback, why_ambiguous, why_unsafe
from openab_auth.storage import Secret

_UNIX: Final = "unix:"
_LONGEST_SOCKET: Final = 107  # bytes; Linux takes no longer path of a socket
_LONGEST_KEY: Final = 1024  # characters
_WRITE_IT: Final = "write it as unix:/run/openab-auth/auth.sock, or as https://HOST"


class BrokerAddress(NamedTuple):
    """Where a broker listens: on the Unix socket `socket`, or at `url`; `place` names it to people."""

    url: str
    place: str
    socket: str = ""

    @property
    def is_local(self) -> bool:
        """Return whether requests stay on this machine, unencrypted."""
        return bool(self.socket) or self.url.startswith("http://")


def read_address(text: str, setting: str = "the address of the broker") -> BrokerAddress:
    """Return the address in `text`; `setting` names it in the error.

    Raises:
        BrokerSettingError: it is neither a socket's absolute path nor an https address; http is for loopback alone.
    """
    if text.startswith(_UNIX):
        return _socket(text.removeprefix(_UNIX), setting)
    if problem := _why_unusable(text):
        raise BrokerSettingError(setting, problem, _WRITE_IT)
    url = text.rstrip("/")
    return BrokerAddress(url, f"{urlsplit(url).scheme}://{host_of(url)}")


def read_key(key: Secret | str | None, setting: str = "the key for the broker") -> Secret | None:
    """Return the key as a secret, or None if there is none; `setting` names it in the error.

    Raises:
        BrokerSettingError: it cannot be sent in a header.
    """
    value = key.reveal() if isinstance(key, Secret) else key or ""
    if not value:
        return None
    if not (value.isascii() and value.isprintable()) or " " in value or len(value) > _LONGEST_KEY:
        todo = "copy the line that `openab-auth key add` printed, without blanks or line ends"
        raise BrokerSettingError(setting, "is no key", todo)
    return Secret(value)


def _socket(text: str, setting: str) -> BrokerAddress:
    path = f"/{text.lstrip('/')}" if text.startswith("/") else text
    if not path.startswith("/") or not path.isprintable():
        raise BrokerSettingError(setting, "must name the absolute path of a socket", _WRITE_IT)
    if len(path.encode()) > _LONGEST_SOCKET:
        raise BrokerSettingError(setting, "is too long for a socket", "move the socket to a shorter path")
    return BrokerAddress("http://localhost", f"{_UNIX}{path}", path)


def _why_unusable(url: str) -> str | None:
    if problem := why_unsafe(url):
        return problem
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "must be https, because the key would be readable on the way"
    return "must not have a query" if parts.query or url.endswith("?") else why_ambiguous(url)
