"""Find the authorization server of an MCP server, and fetch what both say of themselves."""

from openab_auth.oauth.mcp.discovery.authorization_server import Discovered
from openab_auth.oauth.mcp.discovery.discovery import discover
from openab_auth.oauth.mcp.discovery.fetch import Fetch

__all__ = ["Discovered", "Fetch", "discover"]
