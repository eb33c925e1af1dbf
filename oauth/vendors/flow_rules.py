"""The facts about a flow that the vendor table, the offer and the result of a login need.

The flows are built on the vendor table, so this module does not import them. The first row loads their registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.vendors.vendor import Vendor

_REGISTRY = "openab_auth.oauth.flows.registry"


class FlowRules(Protocol):
    """The part of a flow that code below the flows uses: the vendor table, discovery, and the offer of a login."""

    @property
    def name(self) -> str:
        """Return the flow's name, as a row of the vendor table writes it."""
        ...

    @property
    def in_vendor_table(self) -> bool:
        """Return whether a row of the vendor table may name the flow."""
        ...

    @property
    def needs_login(self) -> bool:
        """Return whether people log in; False if the token stays in an environment variable."""
        ...

    @property
    def takes_paste(self) -> bool:
        """Return whether a paste may end the login."""
        ...

    @property
    def takes_key(self) -> bool:
        """Return whether the paste is an API key, which does not say to which login it belongs."""
        ...

    @property
    def waits(self) -> bool:
        """Return whether the login may end without a paste."""
        ...

    @property
    def runs_program(self) -> bool:
        """Return whether the vendor's own program makes the login and keeps it."""
        ...

    @property
    def begins_at(self) -> Literal["authorize_url", "device_url"]:
        """Return the key of the endpoint where a login begins; discovery looks for this endpoint."""
        ...

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Report to `table` what the row of `vendor` lacks."""
        ...

    def can_begin(self, vendor: Vendor, environ: Mapping[str, str]) -> bool:
        """Return whether a login of this vendor can begin on this machine."""
        ...


@cache
def _registry() -> Mapping[str, FlowRules]:
    flows: Mapping[str, FlowRules] = import_module(_REGISTRY).FLOWS
    return flows


def flow_names() -> tuple[str, ...]:
    """Return the names that a row of the vendor table may give as its flow."""
    return tuple(name for name, flow in _registry().items() if flow.in_vendor_table)


def rules_of(vendor: Vendor) -> FlowRules:
    """Return the rules of the flow that the vendor's row names."""
    return _registry()[vendor.flow]
