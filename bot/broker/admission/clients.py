"""Who asks: a client with a key, or a user of this host whose uid the kernel tells."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.bot.broker.refusals import NotReadyError, UnauthorizedError
from openab_auth.storage import StorageError, ThreadId

if TYPE_CHECKING:
    import asyncio

    from openab_auth.bot.broker.admission.keys import KeyRing, NamedKey

_BEARER: Final = re.compile(r"bearer +([\x21-\x7e]{1,512})", re.ASCII | re.IGNORECASE)
_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid
_MOST_KEYS: Final = 4096  # whose clients are remembered
_OVERFLOW: Final = 65534  # the uid of every user that has none in our user namespace


@dataclass(frozen=True, slots=True)
class Client:
    """A client that was admitted; `sha256` is the hash of its key, and None for a uid.

    `tenants` are the patterns of the logins that the key covers; None covers everything. `thread` is the key's own.
    """

    name: str
    tenants: tuple[str, ...] | None = None
    thread: ThreadId | None = None
    sha256: str | None = None


class Admission:
    """Admits clients: `uids` may do everything on the socket, and all others need a key."""

    def __init__(self, keys: KeyRing, uids: Collection[int]) -> None:
        self._keys = keys
        self._by_key: dict[str, tuple[NamedKey, Client]] = {}
        self.replace_uids(uids)

    def replace_uids(self, uids: Collection[int]) -> None:
        """Let these users do everything on the socket from now on; all others need a key. Read the keys anew."""
        self._uids = frozenset(uids) - {_OVERFLOW, overflow_uid()}
        self._keys.look_again()

    async def admit(self, authorization: str | None, uid: int | None) -> Client:
        """Return the client; a request with a key is judged by the key alone.

        Raises:
            UnauthorizedError: there is no valid key, and the uid needs one.
            NotReadyError: the keys cannot be read.
        """
        if authorization is None:
            if uid is None or uid not in self._uids:
                raise UnauthorizedError
            return Client(f"uid {uid}")
        match = _BEARER.fullmatch(authorization.strip())
        return await self._of_key(hashlib.sha256(match[1].encode() if match else b"").hexdigest())

    async def check_again(self, client: Client) -> None:
        """Check that the key of a client is still valid, right before an answer.

        Raises:
            UnauthorizedError, NotReadyError: as `admit`.
        """
        if client.sha256 is not None:
            found = await self._of_key(client.sha256)
            if found is not client and found != client:
                raise UnauthorizedError

    async def _of_key(self, sha256: str) -> Client:
        try:
            found = await self._keys.find(sha256)
        except (StorageError, TimeoutError):
            raise NotReadyError from None
        if found is None:
            raise UnauthorizedError
        known = self._by_key.get(sha256)
        if known is None or known[0] is not found:
            if len(self._by_key) >= _MOST_KEYS:
                self._by_key.clear()
            known = self._by_key[sha256] = found, Client(found.name, found.key.tenants, found.key.thread, sha256)
        return known[1]


def uid_of_peer(transport: asyncio.BaseTransport | None) -> int | None:
    """Return the uid of the process at the other end of a Unix socket; None if this is no such socket."""
    peer = transport.get_extra_info("socket") if transport is not None else None
    if peer is None or peer.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return None
    _, uid, _ = _CREDENTIALS.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return int(uid)


def overflow_uid() -> int:
    """Return the uid that the kernel shows for users without a uid in our user namespace."""
    try:
        return int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _OVERFLOW
