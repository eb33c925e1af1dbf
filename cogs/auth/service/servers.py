"""Does the work of `/auth mcp`, without Discord's messages: people add MCP servers, and remove their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from openab_auth.cogs.auth.guard import AuditLine, Caller, Guard
from openab_auth.oauth.mcp import AddedServers
from openab_auth.oauth.vendors import McpServer, full_name

GROUP: Final = "mcp"  # the subcommand group; it is registered only if adding servers is allowed


@dataclass(frozen=True, slots=True)
class Added:
    """A server that people can log in to. It is not `new` if somebody had added it before."""

    server: McpServer
    new: bool


class Servers:
    """Adds and removes servers. Each method that takes a `Caller` passes the guard first."""

    def __init__(self, added: AddedServers, guard: Guard) -> None:
        self._added = added
        self._guard = guard

    @property
    def allowed(self) -> bool:
        """Return whether the operator lets people add servers."""
        return self._added.allowed

    async def add(self, caller: Caller, name: str, url: str) -> Added:
        """Let everybody here log in to the server at `url`, as `mcp:NAME`.

        Raises:
            ServerNotAddedError: the server cannot be added, for this reason.
            OpenabAuthError: this person is not allowed, has tried too often, or the store could not be written.
        """
        async with self._guard.request(caller, "mcp_add", partial(self._name, name)) as line:
            added = Added(*await self._added.add(name, url, caller.user))
            line.name(added.server.vendor)
            return added

    async def remove(self, caller: Caller, name: str) -> None:
        """Remove a server that the caller added. Operators may remove any server.

        Raises:
            ServerNotRemovedError: there is no such server, or there is a login to it.
            OpenabAuthError: this person is not allowed, has tried too often, or the store could not be written.
        """
        async with self._guard.request(caller, "mcp_remove", partial(self._name, name)):
            await self._added.remove(name, partial(self._guard.access.check_removal, caller))

    async def removable(self, caller: Caller) -> tuple[str, ...]:
        """Return the names of the servers that the caller may remove, for autocompletion.

        Raises:
            OpenabAuthError: this person is not allowed, or the servers cannot be read.
        """
        async with self._guard.request(caller, "read"):
            added = await self._added.all()
        return tuple(name for name, server in added.items() if self._guard.access.may_remove(caller, server))

    async def _name(self, typed: str, line: AuditLine) -> None:
        """Name the server in the audit line if it exists: people paste secrets into the wrong field."""
        if await self._added.knows(name := typed.strip()):
            line.tenant, line.vendor = name, full_name(name)
