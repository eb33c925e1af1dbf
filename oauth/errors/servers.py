"""Why a person's MCP server was not added or removed; `reason` says which rule it was, for words in any language."""

from __future__ import annotations

from typing import ClassVar

from openab_auth.oauth.errors.base import OAuthError

_NOTHING = "nothing was changed"


class ServerNotAddedError(OAuthError):
    """The server was not added."""

    code = "server_not_added"
    reason: ClassVar[str] = "off"

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(f"the server was not added: {why}", kept=_NOTHING, todo=todo)


class AddingServersOffError(ServerNotAddedError):
    """The operator does not let people add servers."""

    def __init__(self) -> None:
        super().__init__("the operator has not allowed that", "ask the operator to add it under [mcp] in the config")


class ServerNameError(ServerNotAddedError):
    """No server can bear such a name, which is not repeated: it may be anything that was pasted."""

    reason = "name"

    def __init__(self, why: str) -> None:
        super().__init__(f"such a name cannot be a server's ({why})", "choose another name")


class ServerNameTakenError(ServerNotAddedError):
    """The name means something else here already; `owner` says what."""

    reason = "taken"

    def __init__(self, server: str, owner: str) -> None:
        super().__init__(f"the name {server} belongs to {owner}", "choose another name")
        self.server = server
        self.owner = owner


class ServerAddressError(ServerNotAddedError):
    """The address is none that a server can have; it is not repeated."""

    reason = "address"

    def __init__(self, why: str) -> None:
        super().__init__(f"its address {why}", "give the https address that the server's documentation names")
        self.said = why


class ForeignLoginError(ServerNotAddedError):
    """A login lies under the name that this server did not get; its token must never go to this server."""

    reason = "login"

    def __init__(self, server: str) -> None:
        super().__init__(
            f"a login lies under the name {server} that this server did not get",
            "choose another name, or end that login first with /auth logout",
        )
        self.server = server


class TooManyServersError(ServerNotAddedError):
    """As many were added as may be."""

    reason = "full"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} were added already", "remove one that nobody needs with /auth mcp remove")
        self.limit = limit


class ServerNotRemovedError(OAuthError):
    """The server was not removed."""

    code = "server_not_removed"
    reason: ClassVar[str] = "unknown"

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(f"the server was not removed: {why}", kept=_NOTHING, todo=todo)


class ServerNotThereError(ServerNotRemovedError):
    """Nobody has added a server of this name, which is not repeated."""

    def __init__(self) -> None:
        super().__init__("nobody has added one of this name", "choose one that is offered while you type")


class ServerInUseError(ServerNotRemovedError):
    """A login lies under the name: without its server nobody could renew it."""

    reason = "login"

    def __init__(self, server: str) -> None:
        super().__init__(f"a login lies under the name {server}", "log out first with /auth logout")
        self.server = server
