"""A mutation changes a draft; its outcome is the value that it returned, or its error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from openab_auth.storage.commit.draft import Draft

T = TypeVar("T")
Mutation: TypeAlias = Callable[[Draft], T]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The outcome of a mutation that was committed, or changed nothing: the value that it returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of a mutation that raised an error or wrote an invalid entry; only this mutation was dropped."""

    error: Exception
