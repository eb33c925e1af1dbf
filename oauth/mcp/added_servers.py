"""The MCP servers that people add from Discord, beside the servers of the config."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from openab_auth.oauth.entries.login_entry import has_login
from openab_auth.oauth.errors import (
    AddingServersOffError,
    ForeignLoginError,
    ServerInUseError,
    ServerNameTakenError,
    ServerNotThereError,
    TooManyServersError,
)
from openab_auth.oauth.mcp.binding import binding_of
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue, McpServer
from openab_auth.oauth.vendors.account_labels import base_of
from openab_auth.oauth.vendors.server_names import bare_name, full_name, names_server
from openab_auth.storage import AddedServer, AsyncStore, Draft, McpEntry, StorageError, Tenant, UserId

MOST_SERVERS: Final = 50


class AddedServers:
    """Adds, removes and lists servers; each change is one locked step.

    `current` holds the config's catalogue, without added servers; `clock` gives unix seconds.
    """

    def __init__(self, current: CurrentCatalogue, store: AsyncStore, *, clock: Callable[[], float]) -> None:
        self._current = current
        self._store = store
        self._clock = clock

    @property
    def allowed(self) -> bool:
        """Return whether the operator lets people add servers."""
        return self._current.now.accepts_servers

    async def catalogue(self) -> Catalogue:
        """Return the catalogue with all current servers; without added servers if they cannot be read."""
        return await self._store.run(self._current.now.with_servers_of)

    async def all(self) -> dict[str, AddedServer]:
        """Return all added servers by name, also servers whose name the config has taken since.

        Raises:
            StorageError: the servers could not be read.
        """
        return dict(await self._store.servers())

    async def knows(self, name: str) -> bool:
        """Return whether a server or vendor here has this name; a word that was pasted by mistake is unknown."""
        if self._current.now.owner_of(name):
            return True
        try:
            return name in await self._store.servers()
        except StorageError:
            return False

    async def add(self, name: str, url: str, user: UserId) -> tuple[McpServer, bool]:
        """Add a server; return it, and whether it is new. The same name and address a second time change nothing.

        Raises:
            ServerNotAddedError: the server cannot be added; the error says why.
            StorageError: the server could not be written.
        """
        server = AddedServer(url.strip(), user, int(self._clock()))
        return await self._store.update(partial(self._add, name=name.strip(), server=server))

    async def remove(self, name: str, may: Callable[[AddedServer], None]) -> None:
        """Forget a server and the clients that were registered for it; `may` raises if the caller may not do this.

        Only the server that has this name now is removed, never a server that somebody adds meanwhile.

        Raises:
            ServerNotRemovedError: no added server has this name, or a login is stored under its name.
            StorageError: the change could not be written.
        """
        meant = (await self._store.servers()).get(name)
        await self._store.update(partial(self._remove, name=name, meant=meant, may=may))

    def _add(self, draft: Draft, name: str, server: AddedServer) -> tuple[McpServer, bool]:
        if not self.allowed:
            raise AddingServersOffError
        known = self._current.now.with_added(draft.servers)
        there = known.server_named(full_name(name))
        if there and there.added_by is not None and (there.name, there.url) == (name, server.url):
            return there, False
        admitted = known.read_new_server(name, server)
        if name in draft.servers:  # an added server that today's config would refuse
            raise ServerNameTakenError(name, f"the server {name}")
        if len(draft.servers) >= MOST_SERVERS:
            raise TooManyServersError(MOST_SERVERS)
        if not _owns_logins(draft, admitted):
            raise ForeignLoginError(name)
        draft.servers[name] = server
        return admitted, True

    def _remove(self, draft: Draft, name: str, meant: AddedServer | None, may: Callable[[AddedServer], None]) -> None:
        if not self.allowed:
            raise AddingServersOffError
        server = draft.servers.get(name)
        if server is None or server != meant:
            raise ServerNotThereError
        may(server)
        if self._current.now.owner_of(name) is None:  # otherwise the name and its login are the operator's
            if _logins(draft, name):
                raise ServerInUseError(name)
            _forget(draft, name)
        del draft.servers[name]


def _server_of(key: str) -> str:
    """Return the name of the server that a key means if it means one: a login's key, a pending one's, or a client's."""
    if key.startswith("pending:"):
        key = key.removeprefix("pending:").rpartition(":")[0]
        return base_of(bare_name(key)) if names_server(key) else ""
    return base_of(bare_name(key.partition(" ")[0]))


def _logins(draft: Draft, name: str) -> list[str]:
    """Return the keys of the logins that `mcp:NAME` and its accounts could mean."""
    return [key for key in draft if _server_of(key) == name and has_login(draft, Tenant(key))]


def _owns_logins(draft: Draft, server: McpServer) -> bool:
    """Return whether all stored logins were made at this server, before the list of servers was lost."""
    for key in _logins(draft, server.name):
        entry = draft[key]
        binding = binding_of(entry, draft.clients.get(key)) if isinstance(entry, McpEntry) else None
        if names_server(key) or binding is None or binding.url != server.url:
            return False
    return True


def _forget(draft: Draft, name: str) -> None:
    """Drop the pending logins and the clients of a server; another server may have its name next."""
    for key in [key for key in draft if _server_of(key) == name]:
        del draft[key]
    for key in [key for key in draft.clients if _server_of(key) == name]:
        del draft.clients[key]
