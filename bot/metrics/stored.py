"""Read from the store what the metrics tell about it; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.bot.metrics.labels import SERVERS, vendor_label
from openab_auth.oauth.entries import build_index
from openab_auth.oauth.logins import read_states
from openab_auth.oauth.requests import OpenRequests
from openab_auth.storage import REQUESTS

if TYPE_CHECKING:
    from openab_auth.oauth.logins import LoginState
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import StoreReader

MOST_RANKS: Final = 5  # accounts of one vendor whose end is told


class ExpiryKey(NamedTuple):
    """The labels of one end: the vendor, whether the login is renewed, and its place among those that end next."""

    vendor: str
    renewable: bool
    rank: int


class StoredNumbers(NamedTuple):
    """The state of the store at one moment; `ends` are seconds from then, below zero for a token that has ended."""

    logins: Mapping[tuple[str, str], int]  # by vendor and state
    ends: Mapping[ExpiryKey, float]
    spills: int
    requests: int


def read_numbers(store: StoreReader, *, catalogue: Catalogue, now: float) -> StoredNumbers:
    """Read the numbers at `now`, in unix seconds. This blocks.

    Raises:
        StorageError: the store cannot be read.
    """
    states = read_states(store, build_index(store.read()), catalogue=catalogue.with_servers_of(store), now=now)
    requests = OpenRequests(store.records(REQUESTS), now).open()
    return StoredNumbers(
        logins=Counter((_vendor(state), state.state) for state in states),
        ends=_ends(states, now),
        spills=store.count_spills(),
        requests=len(requests),
    )


def _ends(states: tuple[LoginState, ...], now: float) -> Mapping[ExpiryKey, float]:
    """Return the ends of the logins that end first. An account has no name here, only its place among the others."""
    found: dict[tuple[str, bool], list[float]] = {}
    for state in states:
        if state.expires_at is not None and state.state != "dead":
            found.setdefault((_vendor(state), state.refreshable), []).append(state.expires_at - now)
    return {
        ExpiryKey(vendor, renewable, rank): end
        for (vendor, renewable), ends in found.items()
        for rank, end in enumerate(sorted(ends)[:MOST_RANKS], start=1)
    }


def _vendor(state: LoginState) -> str:
    return SERVERS if state.kind == "mcp" else vendor_label(state.vendor.name if state.vendor else None)
