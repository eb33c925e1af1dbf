"""Vendors and MCP servers as data: the shipped table, the operator's tables, and the catalogue of both."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue
    from openab_auth.oauth.vendors.current_catalogue import CurrentCatalogue
    from openab_auth.oauth.vendors.flow_rules import rules_of
    from openab_auth.oauth.vendors.installed_secret import PROGRAMS, InstalledSecretError, find_secret
    from openab_auth.oauth.vendors.mcp_server import (
        AUTH_METHODS,
        DEFAULT_REDIRECT,
        AuthMethod,
        McpServer,
    )
    from openab_auth.oauth.vendors.server_names import OF_OPENAB, VendorName, bare_name, full_name, table_name
    from openab_auth.oauth.vendors.tables import check_secret_files, read_config, read_tables
    from openab_auth.oauth.vendors.vendor import Vendor

__all__ = [
    "AUTH_METHODS",
    "DEFAULT_REDIRECT",
    "OF_OPENAB",
    "PROGRAMS",
    "AuthMethod",
    "Catalogue",
    "CurrentCatalogue",
    "InstalledSecretError",
    "McpServer",
    "Vendor",
    "VendorName",
    "bare_name",
    "check_secret_files",
    "find_secret",
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
            "CurrentCatalogue": "current_catalogue",
            "PROGRAMS": "installed_secret",
            "InstalledSecretError": "installed_secret",
            "find_secret": "installed_secret",
            "AUTH_METHODS": "mcp_server",
            "DEFAULT_REDIRECT": "mcp_server",
            "OF_OPENAB": "server_names",
            "AuthMethod": "mcp_server",
            "McpServer": "mcp_server",
            "check_secret_files": "tables",
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
