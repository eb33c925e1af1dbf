"""The audit log: one format and one file for Discord, the command line and the broker. It holds no secrets."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.audit.line import OK, AuditLine, outcome_of
    from openab_auth.oauth.audit.location import audit_path
    from openab_auth.oauth.audit.log import AuditLog
    from openab_auth.oauth.audit.reading import AuditUnreadableError, FoundLines, read_audit

__all__ = [
    "OK",
    "AuditLine",
    "AuditLog",
    "AuditUnreadableError",
    "FoundLines",
    "audit_path",
    "outcome_of",
    "read_audit",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "OK": "line",
            "AuditLine": "line",
            "outcome_of": "line",
            "audit_path": "location",
            "AuditLog": "log",
            "AuditUnreadableError": "reading",
            "FoundLines": "reading",
            "read_audit": "reading",
        },
    )
