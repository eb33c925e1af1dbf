"""Logins to remote MCP servers; once a login is prepared, the server is a vendor like any other.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.mcp.added_servers import AddedServers
    from openab_auth.oauth.mcp.audience import audience_of
    from openab_auth.oauth.mcp.binding import Binding, binding_of
    from openab_auth.oauth.mcp.discovery import Discovered, Fetch, discover
    from openab_auth.oauth.mcp.granted_access import GrantedAccess, access_of
    from openab_auth.oauth.mcp.registration import forget_client, metadata_document
    from openab_auth.oauth.mcp.scopes import advice, note_demand
    from openab_auth.oauth.mcp.server_logins import ServerLogins
    from openab_auth.oauth.mcp.server_renewer import ServerRenewer

__all__ = [
    "AddedServers",
    "Binding",
    "Discovered",
    "Fetch",
    "GrantedAccess",
    "ServerLogins",
    "ServerRenewer",
    "access_of",
    "advice",
    "audience_of",
    "binding_of",
    "discover",
    "forget_client",
    "metadata_document",
    "note_demand",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "AddedServers": "added_servers",
            "Binding": "binding",
            "Discovered": "discovery",
            "Fetch": "discovery",
            "GrantedAccess": "granted_access",
            "ServerLogins": "server_logins",
            "ServerRenewer": "server_renewer",
            "advice": "scopes",
            "audience_of": "audience",
            "binding_of": "binding",
            "discover": "discovery",
            "forget_client": "registration",
            "access_of": "granted_access",
            "metadata_document": "registration",
            "note_demand": "scopes",
        },
    )
