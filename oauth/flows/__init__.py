"""The flows: each describes how one kind of login begins, ends and is renewed. `FLOWS` is their registry."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.flows.background import BackgroundWork
    from openab_auth.oauth.flows.commits import Commits
    from openab_auth.oauth.flows.flow import Flow
    from openab_auth.oauth.flows.login_context import Admit, BeginRequest, Conversation, LoginContext
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.registry import FLOWS, flow_of
    from openab_auth.oauth.flows.renewer import Renewal, Renewer
    from openab_auth.oauth.flows.storing import LoginWriter

__all__ = [
    "FLOWS",
    "Admit",
    "BackgroundWork",
    "BeginRequest",
    "Commits",
    "Conversation",
    "Flow",
    "LoginContext",
    "LoginOffer",
    "LoginResult",
    "LoginWriter",
    "Renewal",
    "Renewer",
    "flow_of",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Admit": "login_context",
            "BackgroundWork": "background",
            "Commits": "commits",
            "Conversation": "login_context",
            "FLOWS": "registry",
            "Flow": "flow",
            "LoginContext": "login_context",
            "LoginOffer": "login_offer",
            "BeginRequest": "login_context",
            "LoginResult": "login_result",
            "LoginWriter": "storing",
            "Renewal": "renewer",
            "Renewer": "renewer",
            "flow_of": "registry",
        },
    )
