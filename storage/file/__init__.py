"""The file store: the credential file, its sidecars, its journal and its record files."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.file.reader import FileReader
    from openab_auth.storage.file.store import FileStore

__all__ = ["FileReader", "FileStore"]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(__name__, {"FileReader": "reader", "FileStore": "store"})
