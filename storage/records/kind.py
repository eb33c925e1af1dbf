"""One kind of record that a store keeps beside the logins: its name, and how one record becomes JSON and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from openab_auth.storage.entries import Json

R = TypeVar("R")


class RecordKind(NamedTuple, Generic[R]):
    """The name of the kind and its codec; `from_json` returns None for a value that is no record of this kind.

    Damaged records count as lost; if they `must_be_whole`, they count as unreadable. If they `may_be_lost`, a login is
    committed without them when they cannot be read.
    """

    name: str
    to_json: Callable[[R], Json]
    from_json: Callable[[object], R | None]
    must_be_whole: bool = False
    may_be_lost: bool = False
