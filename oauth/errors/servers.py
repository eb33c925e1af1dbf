"""Errors of adding and removing MCP servers; `reason` names the rule, so that views can say it in any language."""

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
        super().__init__("the operator does not allow it", "ask the operator to add it under [mcp] in the config")


class ServerNameError(ServerNotAddedError):
    """The name breaks a rule; it is not repeated, because it may be a pasted secret."""

    reason = "name"

    def __init__(self, why: str) -> None:
        super().__init__(f"the name is not valid ({why})", "choose another name")


class ServerNameTakenError(ServerNotAddedError):
    """The name already belongs to `owner`."""

    reason = "taken"

    def __init__(self, server: str, owner: str) -> None:
        super().__init__(f"the name {server} already belongs to {owner}", "choose another name")
        self.server = server
        self.owner = owner


class ServerAddressError(ServerNotAddedError):
    """The address breaks a rule; it is not repeated."""

    reason = "address"

    def __init__(self, why: str) -> None:
        super().__init__(f"its address {why}", "use the https address from the server's documentation")
        self.said = why


class ForeignLoginError(ServerNotAddedError):
    """The name already holds a login from a different server, whose token must never go to this server."""

    reason = "login"

    def __init__(self, server: str) -> None:
        super().__init__(
            f"{server} already holds a login from a different server",
            "choose another name, or end that login first with /auth logout",
        )
        self.server = server


class TooManyServersError(ServerNotAddedError):
    """The limit of added servers is reached."""

    reason = "full"

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} servers were added already", "remove an unused server with /auth mcp remove")
        self.limit = limit


class ServerNotRemovedError(OAuthError):
    """The server was not removed."""

    code = "server_not_removed"
    reason: ClassVar[str] = "unknown"

    def __init__(self, why: str, todo: str) -> None:
        super().__init__(f"the server was not removed: {why}", kept=_NOTHING, todo=todo)


class ServerNotThereError(ServerNotRemovedError):
    """Nobody added a server of this name; the name is not repeated."""

    def __init__(self) -> None:
        super().__init__("nobody added a server of this name", "choose a server from the list of suggestions")


class ServerInUseError(ServerNotRemovedError):
    """The server has a login, which nobody could renew without the server."""

    reason = "login"

    def __init__(self, server: str) -> None:
        super().__init__(f"{server} has a login", "log out first with /auth logout")
        self.server = server
