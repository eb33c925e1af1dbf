"""Move a store between a file and PostgreSQL: the refresh tokens are never live in both places at the same time."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.storage.copying.adopting import Adopted, adopt_database, adopt_file
    from openab_auth.storage.copying.copying import Copied, copy_store
    from openab_auth.storage.copying.errors import (
        CopyBusyError,
        CopyUnfinishedError,
        ForeignCopyError,
        NothingToCopyError,
        TargetNotEmptyError,
    )
    from openab_auth.storage.copying.file_target import FileTarget
    from openab_auth.storage.copying.postgres_target import PostgresTarget

__all__ = [
    "Adopted",
    "Copied",
    "CopyBusyError",
    "CopyUnfinishedError",
    "FileTarget",
    "ForeignCopyError",
    "NothingToCopyError",
    "PostgresTarget",
    "TargetNotEmptyError",
    "adopt_database",
    "adopt_file",
    "copy_store",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Adopted": "adopting",
            "adopt_database": "adopting",
            "adopt_file": "adopting",
            "Copied": "copying",
            "copy_store": "copying",
            "CopyBusyError": "errors",
            "CopyUnfinishedError": "errors",
            "ForeignCopyError": "errors",
            "NothingToCopyError": "errors",
            "TargetNotEmptyError": "errors",
            "FileTarget": "file_target",
            "PostgresTarget": "postgres_target",
        },
    )
