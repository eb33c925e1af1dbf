"""MCP servers that people add from Discord: looked up beside the config's; added and removed in a locked step."""

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
from openab_auth.oauth.vendors import SERVER_PREFIX, Catalogue, McpServer
from openab_auth.storage import AddedServer, AsyncStore, Draft, McpEntry, StorageError, Tenant, UserId

MOST: Final = 50


class AddedServers:
    """The servers that people added to `catalogue`, which is the config's; `clock` gives unix seconds."""

    def __init__(self, catalogue: Catalogue, store: AsyncStore, *, clock: Callable[[], float]) -> None:
        self._configured = catalogue
        self._store = store
        self._clock = clock

    @property
    def allowed(self) -> bool:
        """Whether the operator lets people add servers."""
        return self._configured.accepts_servers

    async def catalogue(self) -> Catalogue:
        """As `Catalogue.with_servers_of`: vendors and servers as they are now, whichever process added them."""
        try:
            return self._configured.with_added(await self._store.servers())
        except StorageError:
            return self._configured

    async def all(self) -> dict[str, AddedServer]:
        """All of them by name, also those that the config leaves no room for.

        Raises:
            StorageError: they could not be read.
        """
        return dict(await self._store.servers())

    async def knows(self, name: str) -> bool:
        """Whether this is the name of something here, and no other word that was pasted in its place."""
        if self._configured.owner_of(name):
            return True
        try:
            return name in await self._store.servers()
        except StorageError:
            return False

    async def add(self, name: str, url: str, user: UserId) -> tuple[McpServer, bool]:
        """The server, and whether it is new; the same name and address once more change nothing.

        Raises:
            ServerNotAddedError: why it cannot be added.
            StorageError: it could not be written.
        """
        server = AddedServer(url.strip(), user, int(self._clock()))
        return await self._store.update(partial(self._add, name=name.strip(), server=server))

    async def remove(self, name: str, may: Callable[[AddedServer], None]) -> None:
        """Forget a server and what was registered at it, if `may`, which raises where it may not.

        It is the server that has this name now, and never one that somebody adds in the meantime.

        Raises:
            ServerNotRemovedError: there is none, or a login lies under its name.
            StorageError: it could not be written.
        """
        meant = (await self._store.servers()).get(name)
        await self._store.update(partial(self._remove, name=name, meant=meant, may=may))

    def _add(self, draft: Draft, name: str, server: AddedServer) -> tuple[McpServer, bool]:
        if not self.allowed:
            raise AddingServersOffError
        known = self._configured.with_added(draft.servers)
        there = known.server(name)
        if there and there.added_by is not None and (there.name, there.url) == (name, server.url):
            return there, False
        admitted = known.read_new_server(name, server)
        if name in draft.servers:  # one that the config of today would not take
            raise ServerNameTakenError(name, f"the server {name}")
        if len(draft.servers) >= MOST:
            raise TooManyServersError(MOST)
        if _logins(draft, name) and not _got(draft, admitted):
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
        if self._configured.owner_of(name) is None:  # else the name, and what lies under it, is the operator's by now
            if _logins(draft, name):
                raise ServerInUseError(name)
            _forget(draft, name)
        del draft.servers[name]


def _keys(name: str) -> tuple[Tenant, Tenant]:
    """Where a login or an agent's client lies that belongs to the server of this name."""
    return Tenant(name), Tenant(f"{SERVER_PREFIX}{name}")


def _logins(draft: Draft, name: str) -> list[str]:
    """The keys of the logins that `mcp:NAME` could mean."""
    return [key for key in _keys(name) if has_login(draft, key)]


def _got(draft: Draft, server: McpServer) -> bool:
    """Whether the login under the server's name is its own, made before the list of servers was lost."""
    entry = draft.get(server.tenant)
    if _logins(draft, server.name) != [server.tenant] or not isinstance(entry, McpEntry):
        return False
    binding = binding_of(entry, draft.clients.get(server.tenant))
    return binding is not None and binding.url == server.url


def _forget(draft: Draft, name: str) -> None:
    """Drop what was begun or registered there: another server may bear the name next."""
    vendor = f"{SERVER_PREFIX}{name}"
    for key in [key for key in draft if key.startswith(f"pending:{vendor}:") or key in _keys(name)]:
        del draft[key]
    of_clients = (f"pending:{vendor}:", f"{vendor} ")
    for key in [key for key in draft.clients if key.startswith(of_clients) or key in _keys(name)]:
        del draft.clients[key]
