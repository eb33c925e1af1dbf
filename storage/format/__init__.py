"""The text of the credential file, exactly as the Rust agents read and write it.

The name below is imported on its first use, because `openab-auth token` needs `json_text` alone.
"""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.format.keys import check_tenant

__all__ = ["check_tenant"]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, {"check_tenant": "keys"})
