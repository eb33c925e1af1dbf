"""The reasons to refuse a person. Each error says what the person can do about it."""

from __future__ import annotations

from typing import ClassVar

from openab_auth.cogs.auth.text import mention
from openab_auth.storage.entries import UserId
from openab_auth.storage.errors import OpenabAuthError


class AccessDeniedError(OpenabAuthError):
    """This person may not do this here. `reason` names the rule, so that every language has its own words for it."""

    code = "not_allowed"
    reason: ClassVar[str] = "not_listed"


class BotRefusedError(AccessDeniedError):
    """The caller is a bot."""

    reason = "bot"

    def __init__(self) -> None:
        super().__init__("bots may not use /auth", kept="nothing was changed", todo="ask a person")


class DirectMessageRefusedError(AccessDeniedError):
    """The operator has switched /auth off in direct messages."""

    reason = "direct_message"

    def __init__(self) -> None:
        super().__init__(
            "/auth is switched off in direct messages",
            kept="nothing was changed",
            todo="use the command in a server where this bot is",
        )


class NotListedError(AccessDeniedError):
    """This person is not listed, and the operator lists no roles. With `may_ask`, they can ask the operators here."""

    def __init__(self, user: UserId, also: str = "", *, may_ask: bool = False) -> None:
        super().__init__(
            "you are not on the list of people who may log agents in",
            kept="nothing was changed",
            todo=f"ask this bot's operator to add your id {user} to `allowed_users`{also}",
        )
        self.user = user
        self.may_ask = may_ask


class NoAllowedRoleError(NotListedError):
    """Neither this person nor any of their roles is listed."""

    reason = "no_role"

    def __init__(self, user: UserId, *, may_ask: bool = False) -> None:
        super().__init__(user, ", or to give you an allowed role", may_ask=may_ask)


class RolesHiddenError(NotListedError):
    """This person is not listed, and a direct message does not show their roles."""

    reason = "roles_hidden"

    def __init__(self, user: UserId, *, may_ask: bool = False) -> None:
        super().__init__(
            user,
            " (if you have an allowed role, use the command in the server: a direct message does not show your roles)",
            may_ask=may_ask,
        )


class AccessUnknownError(AccessDeniedError):
    """This person needs a role, and Discord did not say which roles they have."""

    reason = "unknown"

    def __init__(self) -> None:
        super().__init__(
            "Discord did not say whether you still have an allowed role",
            kept="this login has ended and was not stored",
            todo="begin again with /auth login",
        )


class NotYourLoginError(AccessDeniedError):
    """Another person made the login, and the caller is no operator."""

    reason = "not_yours"

    def __init__(self, owner: UserId) -> None:
        super().__init__(
            f"<@{owner}> made this login, not you",
            kept="it is unchanged",
            todo="ask them, or an operator of this bot, to log out",
        )
        self.owner = mention(owner)


class NotYourAccountError(AccessDeniedError):
    """The account is another person's own, and the caller is no operator who is listed as one."""

    reason = "not_your_account"

    def __init__(self) -> None:
        super().__init__(
            "this is another person's own account",
            kept="it is unchanged",
            todo="use a shared account, or your own: choose `me` as account",
        )


class NotListedOperatorError(AccessDeniedError):
    """The caller is not in `operators`, so they may not end what other people have."""

    reason = "not_operator"

    def __init__(self) -> None:
        super().__init__(
            "only operators who are listed may end the logins of a person",
            kept="nothing was changed",
            todo="ask a person who is listed in `operators`",
        )


class NobodysLoginError(AccessDeniedError):
    """The login was made at the console or by an unknown person, and the caller is no operator."""

    reason = "not_known"

    def __init__(self) -> None:
        super().__init__(
            "this login was made at the console, or by an unknown person",
            kept="it is unchanged",
            todo="ask an operator of this bot to log out",
        )


class NotYourServerError(AccessDeniedError):
    """Another person added the server, and the caller is no operator."""

    reason = "not_your_server"

    def __init__(self, owner: UserId) -> None:
        super().__init__(
            f"<@{owner}> added this server, not you",
            kept="it is still there",
            todo="ask them, or an operator of this bot, to remove it",
        )
        self.owner = mention(owner)
