"""Notices: what people must be told about logins, whether that was told, and which accounts are limited for now."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.notices.changes import Claim, claim_notice, note_told, rest_notice
    from openab_auth.oauth.notices.due import LEADS, due_notices
    from openab_auth.oauth.notices.limits import limits_in, note_limit, unix_time
    from openab_auth.oauth.notices.replaced import Replacement
    from openab_auth.oauth.notices.variable_tokens import VariableToken, tokens_in_variables

__all__ = [
    "LEADS",
    "Claim",
    "Replacement",
    "VariableToken",
    "claim_notice",
    "due_notices",
    "limits_in",
    "note_limit",
    "note_told",
    "rest_notice",
    "tokens_in_variables",
    "unix_time",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Claim": "changes",
            "LEADS": "due",
            "Replacement": "replaced",
            "VariableToken": "variable_tokens",
            "claim_notice": "changes",
            "due_notices": "due",
            "limits_in": "limits",
            "note_limit": "limits",
            "note_told": "changes",
            "rest_notice": "changes",
            "unix_time": "limits",
            "tokens_in_variables": "variable_tokens",
        },
    )
