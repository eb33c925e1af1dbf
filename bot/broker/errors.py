"""Errors of the broker's operator: about keys, and about the places where it listens.

OpenabAuthError
└── BrokerError                the broker or a key cannot be set up in this way
    ├── KeyNameError           no key can have this name
    ├── KeyPatternError        no login can be meant by this pattern
    ├── KeyExistsError         another key has this name
    ├── KeyNotThereError       no key has this name
    ├── NotLoopbackError       the broker listens only on this machine
    ├── NoSocketPlaceError     no folder for the socket is known here
    ├── SocketInStoreError     the socket would lie in the store's folder
    ├── SocketTakenError       another file, or another user's socket, lies at this place
    └── BrokerRunningError     a living program listens there already
"""

from __future__ import annotations

from openab_auth.storage.errors import OpenabAuthError

_NOTHING_MADE = "no key was made"
_NOT_STARTED = "nothing was started"


class BrokerError(OpenabAuthError):
    """The broker or a key cannot be set up in this way; the subclass says why."""

    code = "broker"


class KeyNameError(BrokerError):
    """No key can have this name; the error does not repeat it, because it might be a key."""

    code = "key_name"

    def __init__(self) -> None:
        super().__init__(
            "this cannot be the name of a key",
            kept=_NOTHING_MADE,
            todo="choose 1 to 64 letters, digits, '.', '_' and '-', and begin with a letter or digit",
        )


class KeyPatternError(BrokerError):
    """No login can be meant by this pattern."""

    code = "key_pattern"

    def __init__(self) -> None:
        super().__init__(
            "a --tenant is empty, too long, or has characters that no login has",
            kept=_NOTHING_MADE,
            todo="give a vendor, mcp:NAME or vendor@label; * stands for any characters",
        )


class KeyExistsError(BrokerError):
    """Another key has this name."""

    code = "key_exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is a key with the name {name} already",
            kept="that key is unchanged",
            todo=f"choose another name, or run `openab-auth key revoke {name}` first",
        )


class KeyNotThereError(BrokerError):
    """No key has this name."""

    code = "key_not_there"

    def __init__(self) -> None:
        super().__init__(
            "no key has this name", kept="nothing was changed", todo="`openab-auth key list` shows all keys"
        )


class NotLoopbackError(BrokerError):
    """The broker listens only on this machine."""

    code = "not_loopback"

    def __init__(self) -> None:
        super().__init__(
            "--listen takes only a loopback address and a port, such as 127.0.0.1:8787",
            kept=_NOT_STARTED,
            todo="for other hosts, run a reverse proxy with TLS in front of that address",
        )


class AddressTakenError(BrokerError):
    """The address for `--listen` is not available; `reason` is the system's."""

    code = "address_taken"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the address for --listen is not available ({reason})", kept=_NOT_STARTED, todo="choose another port"
        )


class NoSocketPlaceError(BrokerError):
    """No folder for the socket is known here."""

    code = "no_socket_place"

    def __init__(self) -> None:
        super().__init__(
            "there is no folder for the socket: /run/openab-auth is not ours, and XDG_RUNTIME_DIR is not set",
            kept=_NOT_STARTED,
            todo="name a place with --socket PATH",
        )


class SocketInStoreError(BrokerError):
    """The socket would lie in the store's folder: a container that gets this folder would get the store."""

    code = "socket_in_store"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} lies in the store's folder or above it, and a container with this folder would get all logins",
            kept=_NOT_STARTED,
            todo="choose a folder of its own for the socket with --socket PATH",
        )


class SocketPlaceError(BrokerError):
    """The socket could not be made; `reason` is the system's."""

    code = "socket_place"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"the socket {path} could not be made ({reason})",
            kept=_NOT_STARTED,
            todo="correct the permissions of its folder, or choose another place with --socket PATH",
        )


class SocketTakenError(BrokerError):
    """Another file, or another user's socket, lies at the place of the socket."""

    code = "socket_taken"

    def __init__(self, path: str, what: str) -> None:
        super().__init__(
            f"{path} is {what}",
            kept="it is untouched, and nothing was started",
            todo="move it away, or choose another place with --socket PATH",
        )


class BrokerRunningError(BrokerError):
    """A living program listens on the socket already."""

    code = "broker_running"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"a program already listens on {path}",
            kept="it goes on, and nothing was started",
            todo="stop it first, or choose another place with --socket PATH",
        )
