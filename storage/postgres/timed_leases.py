"""Leases that lapse, for rights that are no refresh of a login; they lie in the same table under names of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from openab_auth.storage.store import TimedLease

_PREFIX: Final = "/"  # no login has such a name
IS_OF_LOGIN: Final = f"not starts_with(name, '{_PREFIX}')"  # the condition on a row that `is_of_login` also states
# `posted_at` is when the right was renewed: if that is still to come, somebody has set the database's clock back.
_TAKE: Final = """
    insert into {schema}.leases as lease (name, holder, until, posted_at)
    values (%(name)s, %(holder)s, clock_timestamp() + make_interval(secs => %(seconds)s), clock_timestamp())
    on conflict (name) do update set holder = excluded.holder, until = excluded.until, posted_at = excluded.posted_at
    where lease.holder = excluded.holder or lease.until <= clock_timestamp() or lease.posted_at > clock_timestamp()"""
_END: Final = "delete from {schema}.leases where name = %(name)s and holder = %(holder)s"


class PostgresTimedLease(TimedLease):
    """The right with one name. The clock of the database decides when it lapses."""

    def __init__(self, name: str, ask: Callable[[str, dict[str, Any]], tuple[int, tuple[Any, ...] | None]]) -> None:
        """Take `ask`, which runs one statement and returns how many rows it changed, and its first row."""
        self._name = f"{_PREFIX}{name}"
        self._ask = ask

    def take(self, holder: str, seconds: float) -> bool:
        """Take or renew the right; see `TimedLease.take`."""
        taken, _ = self._ask(_TAKE, {"name": self._name, "holder": UUID(holder), "seconds": seconds})
        return taken == 1

    def end(self, holder: str) -> None:
        """Give the right back if `holder` has it; see `TimedLease.end`."""
        self._ask(_END, {"name": self._name, "holder": UUID(holder)})


def is_of_login(name: str) -> bool:
    """Return whether the row with this name is the lease of a login."""
    return not name.startswith(_PREFIX)
