"""Requests: an agent in a thread asks people for a login, the bot writes a message about it, and the agent waits."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.requests.asking import Asked, LoginRequests
    from openab_auth.oauth.requests.changes import (
        claim_message,
        end_request,
        forget_requests,
        note_lost_message,
        note_message,
        note_trouble,
    )
    from openab_auth.oauth.requests.open_requests import OpenRequests, is_answered
    from openab_auth.oauth.requests.waiting import store_changes

__all__ = [
    "Asked",
    "LoginRequests",
    "OpenRequests",
    "claim_message",
    "end_request",
    "forget_requests",
    "is_answered",
    "note_lost_message",
    "note_message",
    "note_trouble",
    "store_changes",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Asked": "asking",
            "LoginRequests": "asking",
            "OpenRequests": "open_requests",
            "claim_message": "changes",
            "end_request": "changes",
            "forget_requests": "changes",
            "is_answered": "open_requests",
            "note_lost_message": "changes",
            "note_message": "changes",
            "note_trouble": "changes",
            "store_changes": "waiting",
        },
    )
