"""Why somebody may not use /auth, each with what they can do about it."""

from __future__ import annotations

from typing import ClassVar

from openab_auth.cogs.auth.text import mention
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError


class AccessDeniedError(OpenabAuthError):
    """This person may not do this here; `reason` says which rule it was, for words in any language."""

    code = "not_allowed"
    reason: ClassVar[str] = "not_listed"


class BotRefusedError(AccessDeniedError):
    """Another bot asks."""

    reason = "bot"

    def __init__(self) -> None:
        super().__init__("bots may not use /auth", kept="nothing was changed", todo="ask a person")


class DirectMessageRefusedError(AccessDeniedError):
    """The operator has switched /auth off outside of servers."""

    reason = "direct_message"

    def __init__(self) -> None:
        super().__init__(
            "/auth is switched off in direct messages",
            kept="nothing was changed",
            todo="use the command in a server where this bot is",
        )


class NotListedError(AccessDeniedError):
    """This person is not listed, and no role would do."""

    def __init__(self, user: UserId, also: str = "") -> None:
        super().__init__(
            "you are not on the list of who may log agents in",
            kept="nothing was changed",
            todo=f"ask this bot's operator to add your id {user} to `allowed_users`{also}",
        )
        self.user = user


class NoAllowedRoleError(NotListedError):
    """Neither this person nor a role of theirs is listed."""

    reason = "no_role"

    def __init__(self, user: UserId) -> None:
        super().__init__(user, ", or to give you an allowed role")


class RolesHiddenError(NotListedError):
    """This person is not listed, and whether a role of theirs is, a direct message does not tell."""

    reason = "roles_hidden"

    def __init__(self, user: UserId) -> None:
        super().__init__(
            user,
            " (if you have an allowed role, use the command in the server: a direct message does not show your roles)",
        )


class AccessUnknownError(AccessDeniedError):
    """A role decides, and Discord does not say which ones this person has."""

    reason = "unknown"

    def __init__(self) -> None:
        super().__init__(
            "Discord did not say whether you still have an allowed role",
            kept="this login is over and was not stored",
            todo="begin again with /auth login",
        )


class NotYourLoginError(AccessDeniedError):
    """The login is somebody else's, and this person is no operator."""

    reason = "not_yours"

    def __init__(self, owner: UserId) -> None:
        super().__init__(
            f"<@{owner}> made this login, not you",
            kept="it is untouched",
            todo="ask them, or an operator (a person listed in `allowed_users`), to log out",
        )
        self.owner = mention(owner)


class NobodysLoginError(AccessDeniedError):
    """The login was made at the console, or nobody knows by whom, and this person is no operator."""

    reason = "not_known"

    def __init__(self) -> None:
        super().__init__(
            "this login was made at the console, or by nobody that is known",
            kept="it is untouched",
            todo="ask an operator (a person listed in `allowed_users`) to log out",
        )


class NotYourServerError(AccessDeniedError):
    """Somebody else added the server, and this person is no operator."""

    reason = "not_your_server"

    def __init__(self, owner: UserId) -> None:
        super().__init__(
            f"<@{owner}> added this server, not you",
            kept="it is still there",
            todo="ask them, or an operator (a person listed in `allowed_users`), to remove it",
        )
        self.owner = mention(owner)
