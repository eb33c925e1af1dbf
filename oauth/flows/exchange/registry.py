"""The registry of exchanges: the values of `exchange` in the vendor table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openab_auth.oauth.flows.exchange.code_assist import CodeAssistExchange
from openab_auth.oauth.flows.exchange.copilot import CopilotExchange
from openab_auth.oauth.flows.exchange.exchange import Exchange

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Vendor

EXCHANGES: Final[dict[str, Exchange]] = {
    "": Exchange(),
    "github-copilot": CopilotExchange(),
    "google-code-assist": CodeAssistExchange(),
}


def exchange_of(vendor: Vendor) -> Exchange:
    """Return the exchange that the vendor's row names."""
    return EXCHANGES[vendor.exchange]
