"""The broker: it hands out access tokens to agents that must not hold refresh tokens.

The names below are what other rooms use. Each one is imported when a program first asks for it.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.bot.broker.admission.keys import add_key, new_key, revoke_key
    from openab_auth.bot.broker.errors import BrokerError
    from openab_auth.bot.broker.http.listening import Address, default_socket, read_address
    from openab_auth.bot.broker.serve import Listening, Places, run_broker

__all__ = [
    "Address",
    "BrokerError",
    "Listening",
    "Places",
    "add_key",
    "default_socket",
    "new_key",
    "read_address",
    "revoke_key",
    "run_broker",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Address": "http.listening",
            "BrokerError": "errors",
            "Listening": "serve",
            "Places": "serve",
            "add_key": "admission.keys",
            "default_socket": "http.listening",
            "new_key": "admission.keys",
            "read_address": "http.listening",
            "revoke_key": "admission.keys",
            "run_broker": "serve",
        },
    )
