"""Log people in and out, keep the logins that wait for an approval, and list all logins."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.logins.login_details import LoginDetails
    from openab_auth.oauth.logins.logins import Logins
    from openab_auth.oauth.logins.logout import LogoutResult
    from openab_auth.oauth.logins.person_holdings import PersonHoldings
    from openab_auth.oauth.logins.person_logout import EndedLogin, PersonLogins, PersonLogout
    from openab_auth.oauth.logins.status import LoginState, Status, login_state, read_states, read_status
    from openab_auth.oauth.logins.waiting import RecordEnd, WaitingLogins

__all__ = [
    "EndedLogin",
    "LoginDetails",
    "LoginState",
    "Logins",
    "LogoutResult",
    "PersonHoldings",
    "PersonLogins",
    "PersonLogout",
    "RecordEnd",
    "Status",
    "WaitingLogins",
    "login_state",
    "read_states",
    "read_status",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "LoginDetails": "login_details",
            "EndedLogin": "person_logout",
            "LoginState": "status",
            "Logins": "logins",
            "LogoutResult": "logout",
            "PersonHoldings": "person_holdings",
            "PersonLogins": "person_logout",
            "PersonLogout": "person_logout",
            "RecordEnd": "waiting",
            "Status": "status",
            "WaitingLogins": "waiting",
            "login_state": "status",
            "read_states": "status",
            "read_status": "status",
        },
    )
