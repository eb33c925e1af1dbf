"""The names of vendors and of MCP servers: people type `mcp:NAME`, and a server's login is stored under the bare name.

No other module reads the prefix. This module imports nothing, so that a valid token can be served without reading any
table.
"""

from typing import Final, NewType

OF_OPENAB: Final = "gmail-native"  # the tenant of the `openab` binary's own login, which is never ours to change
VendorName = NewType("VendorName", str)  # the name of a row of the vendor table, or `mcp:NAME`; never a tenant
_PREFIX: Final = "mcp:"


def names_server(word: str) -> bool:
    """Return whether the word begins with `mcp:`, so that it can mean nothing but a server."""
    return word.startswith(_PREFIX)


def full_name(name: str) -> VendorName:
    """Return the server's name with `mcp:` before it, as people type it and as pending logins spell it."""
    return VendorName(name if names_server(name) else f"{_PREFIX}{name}")


def bare_name(word: str) -> str:
    """Return the server's name without `mcp:`."""
    return word.removeprefix(_PREFIX)


def table_name(word: str) -> str:
    """Return the table of the config that describes the server: `[mcp.NAME]`."""
    return f"[mcp.{bare_name(word)}]"
