"""What `/auth mcp` does, without Discord: people add MCP servers, and remove their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from openab_auth.cogs.auth.guard import AuditLine, Caller, Guard, NotYourServerError
from openab_auth.oauth.mcp.added_servers import AddedServers
from openab_auth.oauth.vendors.mcp_server import McpServer
from openab_auth.storage import AddedServer

GROUP: Final = "mcp"  # the subcommand group, which is there only where adding is allowed


@dataclass(frozen=True, slots=True)
class Added:
    """A server that people can log in to from now on, or could already where it is not `new`."""

    server: McpServer
    new: bool


class Servers:
    """The servers that people added; who may do what is asked at each step, and each is a line in the audit log."""

    def __init__(self, added: AddedServers, guard: Guard) -> None:
        self._added = added
        self._guard = guard

    @property
    def allowed(self) -> bool:
        """Whether the operator lets people add servers."""
        return self._added.allowed

    async def add(self, caller: Caller, name: str, url: str) -> Added:
        """Let everybody here log in to the server at `url`, as `mcp:NAME`.

        Raises:
            ServerNotAddedError: why it cannot be added.
            OpenabAuthError: this person may not, has tried too often, or the store could not be written.
        """
        async with self._guard.request(caller, "mcp_add", partial(self._name, name)) as line:
            added = Added(*await self._added.add(name, url, caller.user))
            line.name(added.server.vendor)
            return added

    async def remove(self, caller: Caller, name: str) -> None:
        """Forget a server that the caller added; operators, any.

        Raises:
            ServerNotRemovedError: there is none, or a login lies under its name.
            OpenabAuthError: this person may not, has tried too often, or the store could not be written.
        """
        async with self._guard.request(caller, "mcp_remove", partial(self._name, name)):
            await self._added.remove(name, lambda server: self._check_own(caller, server))

    async def removable(self, caller: Caller) -> tuple[str, ...]:
        """The names of the servers that the caller may remove, for autocompletion.

        Raises:
            OpenabAuthError: this person may not, or the servers cannot be read.
        """
        async with self._guard.request(caller, "look"):
            added = await self._added.all()
        return tuple(name for name, server in added.items() if self._may_remove(caller, server))

    def _check_own(self, caller: Caller, server: AddedServer) -> None:
        if not self._may_remove(caller, server):
            raise NotYourServerError(server.added_by)

    def _may_remove(self, caller: Caller, server: AddedServer) -> bool:
        return caller.user == server.added_by or self._guard.access.is_operator(caller)

    async def _name(self, typed: str, line: AuditLine) -> None:
        """What the line is about, unless something else may have been pasted in the name's place."""
        if await self._added.knows(name := typed.strip()):
            line.tenant, line.vendor = name, f"mcp:{name}"
