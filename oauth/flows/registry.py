"""The registry of flows: the names of the vendor table, and the logins at MCP servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openab_auth.oauth.flows.command.flow import CommandFlow
from openab_auth.oauth.flows.device.flow import AwsDeviceFlow, CodexDeviceFlow, StandardDeviceFlow
from openab_auth.oauth.flows.environment import EnvironmentFlow
from openab_auth.oauth.flows.flow import Flow
from openab_auth.oauth.flows.key import KeyFlow
from openab_auth.oauth.flows.redirect.flow import RedirectFlow, ServerFlow

if TYPE_CHECKING:
    from openab_auth.oauth.vendors import Vendor

FLOWS: Final[dict[str, Flow]] = {
    "pkce": RedirectFlow(),
    "device": StandardDeviceFlow(),
    "codex-device": CodexDeviceFlow(),
    "aws-device": AwsDeviceFlow(),
    "command": CommandFlow(),
    "key": KeyFlow(),
    "env": EnvironmentFlow(),
    "mcp": ServerFlow(),
}


def flow_of(vendor: Vendor) -> Flow:
    """Return the flow that the vendor's row names."""
    return FLOWS[vendor.flow]
