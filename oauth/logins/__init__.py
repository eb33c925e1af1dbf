"""Logins: who logs in and out here, which logins wait, and which logins there are."""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.logins.logins import Logins
    from openab_auth.oauth.logins.logout import LogoutResult
    from openab_auth.oauth.logins.status import LoginState, Status, login_state, read_status
    from openab_auth.oauth.logins.waiting import RecordEnd, WaitingLogins

__all__ = [
    "LoginState",
    "Logins",
    "LogoutResult",
    "RecordEnd",
    "Status",
    "WaitingLogins",
    "login_state",
    "read_status",
]

_FILES = {
    "LoginState": "status",
    "Logins": "logins",
    "LogoutResult": "logout",
    "RecordEnd": "waiting",
    "Status": "status",
    "WaitingLogins": "waiting",
    "login_state": "status",
    "read_status": "status",
}


if not TYPE_CHECKING:  # else a type checker would accept every name

    def __getattr__(name: str) -> object:
        """Import a name from its file when a program first asks for it."""
        if name not in _FILES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 - only a program that asks for a name pays for it

        return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)


def __dir__() -> list[str]:
    """List the names of the room, also those that nobody has asked for yet."""
    return sorted(__all__)
