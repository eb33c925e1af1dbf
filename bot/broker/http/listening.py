"""Where the broker listens: a Unix socket, and a loopback address for a reverse proxy."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from openab_auth.bot.broker.errors import (
    AddressTakenError,
    BrokerRunningError,
    NoSocketPlaceError,
    NotLoopbackError,
    SocketInStoreError,
    SocketPlaceError,
    SocketTakenError,
)
from openab_auth.storage.disk import ownership

BACKLOG: Final = 1024
_SYSTEM_FOLDER: Final = "/run/openab-auth"
_NAME: Final = "auth.sock"
_FOR_OTHERS: Final = 0o077
_OPEN_FOLDER: Final = 0o755  # for a socket that others may use; its own mode says who
_MOST_PORT: Final = 65535
_TURN: Final = 5.0  # seconds to wait for another broker that is starting in the same folder
_ANSWER: Final = 2.0  # seconds to wait for the program that listens on a socket


class Address(NamedTuple):
    """A loopback address and its port; port 0 is any free port."""

    host: str
    port: int


def read_address(text: str) -> Address:
    """Read `HOST:PORT`; HOST is `localhost` or a loopback address, IPv6 in brackets.

    Raises:
        NotLoopbackError: it is another address, or none.
    """
    host, colon, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise NotLoopbackError
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not (colon and is_loopback and port.isascii() and port.isdigit() and int(port) <= _MOST_PORT):
        raise NotLoopbackError
    return Address(host, int(port))


def default_socket(environ: Mapping[str, str]) -> Path:
    """Return the place of the socket if none is named.

    It is in `/run/openab-auth` if this user can make it there, otherwise in the user's own runtime folder.

    Raises:
        NoSocketPlaceError: there is no such folder.
    """
    if os.geteuid() == 0 or os.access(_SYSTEM_FOLDER, os.W_OK | os.X_OK):
        return Path(_SYSTEM_FOLDER, _NAME)
    own = environ.get("XDG_RUNTIME_DIR", "")
    if not own.startswith("/"):
        raise NoSocketPlaceError
    return Path(own, "openab-auth", _NAME)


def check_not_in_store(path: Path, store: str) -> None:
    """Refuse a socket whose folder holds the store at the location `store`, at any depth; a database has no folder.

    Raises:
        SocketInStoreError: it is in such a folder.
    """
    if "://" in store:
        return
    folder, file = path.parent.resolve(), Path(store)  # the file, or one of its folders, may be a link
    if any(one.is_relative_to(folder) for one in (file.parent.resolve(), file.resolve())):
        raise SocketInStoreError(str(path))


class UnixSocket:
    """A listening Unix socket; `close` removes it, unless another program has put its own there."""

    def __init__(self, path: Path, mode: int) -> None:
        """Listen at `path`, and remove a socket that a killed broker has left there.

        Raises:
            SocketTakenError, BrokerRunningError: something else is there.
            SocketPlaceError: the system refuses the socket.
        """
        self.path = path
        try:
            ownership.make_folder(str(path.parent), _OPEN_FOLDER if mode & _FOR_OTHERS else ownership.FOR_ITS_OWNER)
            with _turn_at(path):
                _remove_stale(path)
                self.socket = _bind(path, mode)
            self._made = _identity(path.lstat())
        except OSError as error:
            raise SocketPlaceError(str(path), error.strerror or str(error)) from error

    def close(self) -> None:
        """Stop listening, and remove the socket if it is still ours."""
        self.socket.close()
        with contextlib.suppress(OSError):
            if _identity(self.path.lstat()) == self._made:
                self.path.unlink()


def listen_on(address: Address) -> tuple[socket.socket, str]:
    """Listen on a loopback address; return the socket and its URL.

    Raises:
        AddressTakenError: the system refuses it.
    """
    is_v6 = ":" in address.host
    listener = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTakenError(error.strerror or type(error).__name__) from error
    port = listener.getsockname()[1]
    return listener, f"http://[{address.host}]:{port}" if is_v6 else f"http://{address.host}:{port}"


@contextlib.contextmanager
def _turn_at(path: Path) -> Iterator[None]:
    """Hold the lock of a socket's place, so that two brokers that start together do not both remove a stale socket.

    It is a file that only our own user can open. Everybody who sees the folder could hold the lock of the folder.
    """
    descriptor = ownership.open_file(f"{path}.lock", os.O_RDWR | os.O_CREAT)
    try:
        end = time.monotonic() + _TURN
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _remove_stale(path: Path) -> None:
    """Remove a socket of ours on which nobody listens any more.

    Raises:
        SocketTakenError, BrokerRunningError: it is none of these.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise SocketTakenError(str(path), "no socket")
    if found.st_uid != os.geteuid():
        raise SocketTakenError(str(path), f"a socket of uid {found.st_uid}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(_ANSWER)
        try:
            caller.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:  # a full queue, or a socket of another kind: somebody has it open
            if error.errno == errno.ENOENT:
                return
    raise BrokerRunningError(str(path))


def _bind(path: Path, mode: int) -> socket.socket:
    """Return a listening socket; nobody else can connect before it has its mode."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    before = os.umask(0o777 & ~mode)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
