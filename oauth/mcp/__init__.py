"""Logins to remote MCP servers; once a login is prepared, the server is a vendor like any other.

The names below are what other rooms use. Each one is imported when a program first asks for it, so that the command
line imports little.
"""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.mcp.added_servers import AddedServers
    from openab_auth.oauth.mcp.audience import audience_of
    from openab_auth.oauth.mcp.binding import Binding, binding_of
    from openab_auth.oauth.mcp.discovery import Discovered, Fetch, discover
    from openab_auth.oauth.mcp.granted_access import GrantedAccess, access_of
    from openab_auth.oauth.mcp.registration import forget_client, metadata_document
    from openab_auth.oauth.mcp.renew import ServerRenewer
    from openab_auth.oauth.mcp.scopes import advice, note_demand
    from openab_auth.oauth.mcp.server_logins import ServerLogins

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

_MODULES = {
    "AddedServers": "openab_auth.oauth.mcp.added_servers",
    "Binding": "openab_auth.oauth.mcp.binding",
    "Discovered": "openab_auth.oauth.mcp.discovery",
    "Fetch": "openab_auth.oauth.mcp.discovery",
    "GrantedAccess": "openab_auth.oauth.mcp.granted_access",
    "ServerLogins": "openab_auth.oauth.mcp.server_logins",
    "ServerRenewer": "openab_auth.oauth.mcp.renew",
    "advice": "openab_auth.oauth.mcp.scopes",
    "audience_of": "openab_auth.oauth.mcp.audience",
    "binding_of": "openab_auth.oauth.mcp.binding",
    "discover": "openab_auth.oauth.mcp.discovery",
    "forget_client": "openab_auth.oauth.mcp.registration",
    "access_of": "openab_auth.oauth.mcp.granted_access",
    "metadata_document": "openab_auth.oauth.mcp.registration",
    "note_demand": "openab_auth.oauth.mcp.scopes",
}

if not TYPE_CHECKING:  # otherwise a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a name of this room from the module that defines it."""
        if name not in _MODULES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(_MODULES[name]), name)
