"""The flows: each describes how one kind of login begins, ends and is renewed. `FLOWS` is their registry."""

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.flows.background import BackgroundWork
    from openab_auth.oauth.flows.commits import Commits
    from openab_auth.oauth.flows.flow import Admit, Conversation, Flow, LoginContext, LoginRequest
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.registry import FLOWS, flow_of
    from openab_auth.oauth.flows.renewer import Renewal, Renewer
    from openab_auth.oauth.flows.storing import LoginWriter

__all__ = [
    "FLOWS",
    "Admit",
    "BackgroundWork",
    "Commits",
    "Conversation",
    "Flow",
    "LoginContext",
    "LoginOffer",
    "LoginRequest",
    "LoginResult",
    "LoginWriter",
    "Renewal",
    "Renewer",
    "flow_of",
]

_FILES = {
    "Admit": "flow",
    "BackgroundWork": "background",
    "Commits": "commits",
    "Conversation": "flow",
    "FLOWS": "registry",
    "Flow": "flow",
    "LoginContext": "flow",
    "LoginOffer": "login_offer",
    "LoginRequest": "flow",
    "LoginResult": "login_result",
    "LoginWriter": "storing",
    "Renewal": "renewer",
    "Renewer": "renewer",
    "flow_of": "registry",
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
