"""Who may ask the broker for what, and how often."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.bot.broker.admission.accounts import ClientAccounts
    from openab_auth.bot.broker.admission.clients import Admission, Client, uid_of_peer
    from openab_auth.bot.broker.admission.keys import KeyRing, add_key, new_key, revoke_key
    from openab_auth.bot.broker.admission.limits import RefreshesByWord, WaitingRequests

__all__ = [
    "Admission",
    "Client",
    "ClientAccounts",
    "KeyRing",
    "RefreshesByWord",
    "WaitingRequests",
    "add_key",
    "new_key",
    "revoke_key",
    "uid_of_peer",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Admission": "clients",
            "Client": "clients",
            "ClientAccounts": "accounts",
            "KeyRing": "keys",
            "RefreshesByWord": "limits",
            "WaitingRequests": "limits",
            "add_key": "keys",
            "new_key": "keys",
            "revoke_key": "keys",
            "uid_of_peer": "clients",
        },
    )
