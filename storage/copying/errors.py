"""The errors of moving a store.

StorageError
├── StoreSettingsError
│   ├── NothingToCopyError      the source holds no login
│   ├── TargetNotEmptyError     the target has logins of its own
│   ├── ForeignCopyError        the target is the copy of another store
│   └── CopyUnfinishedError     a copy into this store was interrupted, so it cannot be opened
└── StoreBusyError
    └── CopyBusyError           the source did not stand still for long enough
"""

from __future__ import annotations

from openab_auth.storage.errors import StorageError, StoreBusyError, StoreSettingsError


class NothingToCopyError(StoreSettingsError):
    """The source holds no login; perhaps its location has a mistake."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{source} holds no login", "correct FROM")


class TargetNotEmptyError(StoreSettingsError):
    """The target has logins that are no copy of the source; a copy would mix the two."""

    def __init__(self, target: str) -> None:
        super().__init__(f"{target} has logins already", "name a TO without logins, another [store] schema for example")


class ForeignCopyError(StoreSettingsError):
    """The target is the copy of another store, which was not finished or is kept closed."""

    def __init__(self, target: str, source: str) -> None:
        super().__init__(
            f"{target} is a copy of {source}",
            f"name {source} as FROM to finish that copy, or name another TO",
        )


class CopyUnfinishedError(StoreSettingsError):
    """A copy into this store was interrupted; its source may still refresh the same logins."""

    def __init__(self, target: str, source: str) -> None:
        super().__init__(
            f"a copy from {source} to {target} was interrupted",
            "run `openab-auth store copy FROM TO` again with the same FROM and TO; it continues",
        )


class CopyBusyError(StoreBusyError):
    """Logins of the source were refreshed or changed all the time; the source is whole, and the target is closed."""

    def __init__(self, source: str, waited: float, reason: str) -> None:
        super().__init__(source, waited)
        StorageError.__init__(
            self,
            f"the copy did not find {source} at rest within {waited:g} s ({reason})",
            kept=f"{source} is unchanged, and TO stays closed",
            todo="run the command again; stop the bot for this moment if it happens again",
        )
