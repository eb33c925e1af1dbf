"""What a child that was forked begins with: its parent's objects, but neither its threads nor its locks."""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol


class ForkAware(Protocol):
    """An object that must be put right in a child before anybody uses it there."""

    def begin_in_child(self) -> None:
        """Called in the child, where no other thread is yet."""
        ...


def register(one: ForkAware) -> None:
    """From now on, for as long as it lives, in each child that Python forks."""
    _all.add(one)


def _begin_in_child() -> None:
    for one in list(_all):
        one.begin_in_child()


_all: Final[weakref.WeakSet[ForkAware]] = weakref.WeakSet()
os.register_at_fork(after_in_child=_begin_in_child)
