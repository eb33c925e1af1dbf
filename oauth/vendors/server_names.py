"""The names of MCP servers: people type `mcp:NAME`, and the login is stored under the bare name.

This module imports nothing, so that a valid token can be served without reading any table.
"""

from typing import Final

SERVER_PREFIX: Final = "mcp:"


def full_name(name: str) -> str:
    """Return the server's name with `mcp:` before it, as people type it and as pending logins spell it."""
    return name if name.startswith(SERVER_PREFIX) else f"{SERVER_PREFIX}{name}"


def bare_name(word: str) -> str:
    """Return the server's name without `mcp:`."""
    return word.removeprefix(SERVER_PREFIX)
