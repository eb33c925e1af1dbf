"""Vendors and MCP servers as data: the shipped table, the operator's tables, and the catalogue of both."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue
    from openab_auth.oauth.vendors.flow_rules import rules_of
    from openab_auth.oauth.vendors.mcp_server import (
        AUTH_METHODS,
        DEFAULT_REDIRECT,
        AuthMethod,
        McpServer,
    )
    from openab_auth.oauth.vendors.server_names import VendorName, bare_name, full_name, table_name
    from openab_auth.oauth.vendors.tables import read_config, read_tables
    from openab_auth.oauth.vendors.vendor import Vendor

__all__ = [
    "AUTH_METHODS",
    "DEFAULT_REDIRECT",
    "AuthMethod",
    "Catalogue",
    "McpServer",
    "Vendor",
    "VendorName",
    "bare_name",
    "full_name",
    "read_config",
    "read_tables",
    "rules_of",
    "table_name",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Catalogue": "catalogue",
            "AUTH_METHODS": "mcp_server",
            "DEFAULT_REDIRECT": "mcp_server",
            "AuthMethod": "mcp_server",
            "McpServer": "mcp_server",
            "read_config": "tables",
            "read_tables": "tables",
            "rules_of": "flow_rules",
            "Vendor": "vendor",
            "VendorName": "server_names",
            "bare_name": "server_names",
            "full_name": "server_names",
            "table_name": "server_names",
        },
    )
