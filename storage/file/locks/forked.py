"""Resets objects in a forked child, which inherits its parent's objects, but not its parent's threads and locks."""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol


class ForkAware(Protocol):
    """An object that must be reset in a forked child before its first use there."""

    def begin_in_child(self) -> None:
        """Reset this object; called in the child, while it has no other thread."""
        ...


def register(one: ForkAware) -> None:
    """Call `begin_in_child()` on `one` in every forked child while `one` is alive."""
    _all.add(one)


def _begin_in_child() -> None:
    for one in list(_all):
        one.begin_in_child()


_all: Final[weakref.WeakSet[ForkAware]] = weakref.WeakSet()
os.register_at_fork(after_in_child=_begin_in_child)
