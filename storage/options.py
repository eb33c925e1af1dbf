"""Say which store a process opens: a path or a PostgreSQL URL, with the options of `[store]`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Final

SCHEMES: Final = ("postgresql://", "postgres://")
_SHOWN_PARAMETERS: Final = frozenset({"host", "hostaddr", "port", "dbname", "user", "sslmode"})
_URL: Final = re.compile(
    r"(?P<scheme>postgres(?:ql)?://)"
    r"(?:(?P<user>[^:@/?\s]*)(?P<password>:[^@/?\s]*)?@)?"
    r"(?P<hosts>(?:(?:[\w.%~-]+|\[[0-9A-Fa-f:.%]+\])?(?::\d*)?(?:,|(?=[/?]|\Z)))*)"
    r"(?P<database>/[^@/?\s]*)?"
    r"(?:\?(?P<query>(?:\w+=[^&@\s]*(?:&|\Z))*))?"
)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """Hold the options of a PostgreSQL store; a file store has none.

    `schema` is the schema of its tables. `keys` says where the keys for encryption are, as "ID=env:VARIABLE" or
    "ID=file:/path"; the first one encrypts. With `plaintext` rows may be stored, and read, without encryption. With
    `insecure` a remote host needs no certificate. `journal` is the folder for the last rotations of this host.
    `max_staleness` is the number of seconds for which what was read counts as current.
    """

    schema: str = "openab_auth"
    keys: tuple[str, ...] = ()
    plaintext: bool = False
    insecure: bool = False
    journal: str = ""
    max_staleness: float = 1.0


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """Hold a path or a URL with the options for it; `str` shows it without a password."""

    place: str = field(repr=False)
    options: StoreOptions = field(default=StoreOptions())

    @property
    def is_postgres(self) -> bool:
        """Return whether this is a PostgreSQL store."""
        return is_postgres(self.place)

    def __str__(self) -> str:
        return shown(self.place)


def is_postgres(place: str) -> bool:
    """Return whether a location is a PostgreSQL URL."""
    return place.startswith(SCHEMES)


def is_clear(place: str) -> bool:
    """Return whether every reader takes the same parts of a URL for the user, the password and the host."""
    return _URL.fullmatch(place) is not None


def has_password(place: str) -> bool:
    """Return whether a URL holds a password, or cannot be read well enough to say that it holds none."""
    if not is_postgres(place):
        return False
    parts = _URL.fullmatch(place)
    if parts is None:
        return True
    return bool(parts["password"]) or any("password" in name for name, _ in _parameters(parts))


def shown(place: str | os.PathLike[str]) -> str:
    """Return a location to show: a path as it is, and a URL without what may be secret in it."""
    text = os.fspath(place)
    scheme, is_url, _ = text.partition("://")
    if not is_url:
        return text
    parts = _URL.fullmatch(text)
    if parts is None:
        return f"{scheme}://..."
    user = f"{parts['user']}@" if parts["user"] else ""
    query = "&".join(f"{name}={value}" for name, value in _parameters(parts) if name in _SHOWN_PARAMETERS)
    return f"{parts['scheme']}{user}{parts['hosts']}{parts['database'] or ''}{'?' if query else ''}{query}"


def _parameters(parts: re.Match[str]) -> list[tuple[str, str]]:
    pairs = (text.partition("=") for text in (parts["query"] or "").split("&") if text)
    return [(name, value) for name, _, value in pairs]
