"""The facts about an exchange that a row of the vendor table needs.

The exchanges are built on the vendor table, as the flows are, so nothing here imports them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Literal, Protocol

_REGISTRY = "openab_auth.oauth.flows.exchange.registry"


class ExchangeRules(Protocol):
    """The part of an exchange that code below the flows uses."""

    @property
    def userinfo_token(self) -> Literal["access_token", "refresh_token"]:
        """Return which token of the stored login the vendor's userinfo endpoint takes."""
        ...


@cache
def _registry() -> Mapping[str, ExchangeRules]:
    exchanges: Mapping[str, ExchangeRules] = import_module(_REGISTRY).EXCHANGES
    return exchanges


def exchange_names() -> tuple[str, ...]:
    """Return the values of `exchange` in the vendor table; without one, there is no second step."""
    return tuple(filter(None, _registry()))


def exchange_rules(name: str) -> ExchangeRules:
    """Return the rules of the exchange of this name."""
    return _registry()[name]
