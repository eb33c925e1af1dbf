"""Find the authorization server of an MCP server, and fetch the metadata of both."""

from openab_auth.oauth.mcp.discovery.authorization_server import Discovered
from openab_auth.oauth.mcp.discovery.discovery import discover
from openab_auth.oauth.mcp.discovery.fetch import Fetch

__all__ = ["Discovered", "Fetch", "discover"]
