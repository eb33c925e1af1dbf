"""The PostgreSQL store: its settings, the encryption of its rows, its commits and leases."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.postgres.reader import PostgresReader
    from openab_auth.storage.postgres.store import PostgresStore

__all__ = ["PostgresReader", "PostgresStore"]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, {"PostgresReader": "reader", "PostgresStore": "store"})
