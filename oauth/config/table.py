"""Read a TOML table strictly, and collect every mistake with its key, so that an operator sees all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple, TypeAlias, TypeVar

ConfigMistake: TypeAlias = tuple[str, str]  # dotted key, reason
ConfigMistakes: TypeAlias = list[ConfigMistake]
N = TypeVar("N", int, None)
_MOST_PORT: Final = 65535


class IpAddress(NamedTuple):
    """An IP address with the port on which a server listens; port 0 is any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class ConfigTable:
    """Read one table at the dotted key `at`; a getter notes a wrong value in `mistakes` and returns the default."""

    def __init__(self, values: Mapping[str, object], at: str, mistakes: ConfigMistakes) -> None:
        self._values = values
        self._at = at
        self.mistakes = mistakes

    def wrong(self, key: str, reason: str) -> None:
        """Note a mistake at `key`, unless this key already has one: the second may only follow from the first."""
        at = f"{self._at}.{key}" if self._at else key
        if not any(noted == at for noted, _ in self.mistakes):
            self.mistakes.append((at, reason))

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not in `known`, and suggest the nearest known key."""
        for key in self._values:
            if key not in known:
                import difflib  # noqa: PLC0415 - only a mistake pays for it

                near = difflib.get_close_matches(key, known, n=1)
                self.wrong(key, f"is not known{f' (did you mean {near[0]}?)' if near else ''}")

    def text(self, key: str, default: str = "") -> str:
        """Return the text at `key`."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.wrong(key, "must be a text")
            return default
        return value

    def ip_address(self, key: str) -> IpAddress | None:
        """Return the address `HOST:PORT` at `key`; HOST is an IP address, IPv6 in brackets. None if it is missing."""
        text = self.text(key)
        found = _read_ip_address(text)
        if text and found is None:
            self.wrong(key, "must be an IP address with a port, such as 127.0.0.1:9464 or [::1]:9464")
        return found

    def one_of(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """Return the text at `key`, which must be in `allowed`."""
        value = self.text(key, default)
        if value not in allowed:
            self.wrong(key, f"must be one of {', '.join(allowed)}")
            return default
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return the boolean at `key`."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, "must be true or false")
            return default
        return value

    def number(self, key: str, default: N) -> int | N:
        """Return the whole number above zero at `key`, within the 64 bits that TOML guarantees."""
        value = self._values.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
            self.wrong(key, "must be a whole number above 0")
            return default
        return value

    def decimal(self, key: str, default: float, most: float) -> float:
        """Return the number from 0 to `most` at `key`."""
        value = self._values.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
            self.wrong(key, f"must be a number from 0 to {most:g}")
            return default
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at `key`; empty if it is missing."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(key, "must be a list of texts")
            return ()
        return tuple(str(item) for item in value)

    def uids(self, key: str) -> tuple[int, ...] | None:
        """Return the list of user ids of this host at `key`; None if it is missing."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(type(item) is int and 0 <= item < 2**32 - 1 for item in value):
            self.wrong(key, "must be a list of user ids such as 1000")
            return ()
        return tuple(value)

    def fields(self, key: str) -> Mapping[str, str]:
        """Return the table of request fields at `key`; numbers and booleans become texts, as a request carries them."""
        value = self._values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str | int) for item in value.values()):
            self.wrong(key, "must be a table of texts")
            return {}
        return {name: str(item).lower() if isinstance(item, bool) else str(item) for name, item in value.items()}

    def tables(self, key: str) -> Mapping[str, Mapping[str, object]]:
        """Return the table of tables at `key`, for example `[vendors]`."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        for name, item in value.items():
            if not isinstance(item, dict):
                self.wrong(f"{key}.{name}", "must be a table")
        return {name: item for name, item in value.items() if isinstance(item, dict)}

    def table(self, key: str) -> Mapping[str, object]:
        """Return the table at `key`; empty if it is missing."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        return value


def _read_ip_address(text: str) -> IpAddress | None:
    import ipaddress  # noqa: PLC0415 - few configs have an address, and the import takes milliseconds

    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(_MOST_PORT)) and int(port) <= _MOST_PORT):
        return None
    is_v6 = host.startswith("[") and host.endswith("]")
    try:
        found = ipaddress.IPv6Address(host[1:-1]) if is_v6 else ipaddress.IPv4Address(host)
    except ValueError:
        return None
    return IpAddress(str(found), int(port))
