"""Find the keys of a config that have changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass
from typing import Final

_WITHOUT_NAME: Final = frozenset({"options"})  # fields whose own fields are keys of the table above them


def changed_keys(before: object, after: object, at: str = "", *, but: Collection[str] = ()) -> tuple[str, ...]:
    """Return the dotted keys under `at` whose values differ in two tables of one kind; leave out the keys in `but`."""
    return tuple(key for key in _changed(before, after, at) if key not in but)


def _changed(before: object, after: object, at: str) -> Iterator[str]:
    if before == after:
        return
    if not is_dataclass(before) or type(before) is not type(after):
        yield at
        return
    for one in fields(before):
        place = at if one.name in _WITHOUT_NAME else f"{at}.{one.name}" if at else one.name
        yield from _changed(getattr(before, one.name), getattr(after, one.name), place)
