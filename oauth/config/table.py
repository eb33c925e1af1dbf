"""Reads a TOML table strictly and collects every mistake with its key, so that an operator sees all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import TypeAlias

ConfigMistake: TypeAlias = tuple[str, str]  # dotted key, reason
ConfigMistakes: TypeAlias = list[ConfigMistake]


class ConfigTable:
    """One table at the dotted key `at`; a getter notes what is wrong in `mistakes` and gives the default."""

    def __init__(self, values: Mapping[str, object], at: str, mistakes: ConfigMistakes) -> None:
        self._values = values
        self._at = at
        self.mistakes = mistakes

    def wrong(self, key: str, reason: str) -> None:
        """Note a mistake at `key`, the first one there: what follows from it need not be told."""
        at = f"{self._at}.{key}" if self._at else key
        if not any(noted == at for noted, _ in self.mistakes):
            self.mistakes.append((at, reason))

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not in `known`, with the nearest one that is."""
        for key in self._values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                self.wrong(key, f"is not known{f'; did you mean {near[0]}?' if near else ''}")

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.wrong(key, "must be a text")
            return default
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], default: str) -> str:
        """One of a closed set of texts."""
        value = self.text(key, default)
        if value not in allowed:
            self.wrong(key, f"must be one of {', '.join(allowed)}")
            return default
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, "must be true or false")
            return default
        return value

    def number(self, key: str, default: int) -> int:
        """A whole number above zero, of the 64 bits that TOML promises."""
        value = self._values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**63:
            self.wrong(key, "must be a whole number above 0")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when it is not there."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(key, "must be a list of texts")
            return ()
        return tuple(str(item) for item in value)

    def fields(self, key: str) -> Mapping[str, str]:
        """A table of request fields: texts, numbers and flags, as the request will carry them."""
        value = self._values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str | int) for item in value.values()):
            self.wrong(key, "must be a table of texts")
            return {}
        return {name: str(item).lower() if isinstance(item, bool) else str(item) for name, item in value.items()}

    def tables(self, key: str) -> Mapping[str, Mapping[str, object]]:
        """A table of tables, such as `[vendors]`."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        for name, item in value.items():
            if not isinstance(item, dict):
                self.wrong(f"{key}.{name}", "must be a table")
        return {name: item for name, item in value.items() if isinstance(item, dict)}

    def table(self, key: str) -> Mapping[str, object]:
        """A table; empty when it is not there."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        return value
