"""The target of a copy: a store that stays closed until the source has given up its refresh tokens."""

from __future__ import annotations

from typing import Protocol

from openab_auth.storage.contents import Contents


class CopyTarget(Protocol):
    """A store that is being filled. Each method can be interrupted, and is then called again from `begin` on."""

    @property
    def place(self) -> str:
        """Return the location, for people."""
        ...

    def begin(self, source: str) -> bool:
        """Close the target for a copy from `source`; return False if that copy is complete already.

        Raises:
            TargetNotEmptyError: it has logins of its own.
            ForeignCopyError: it is a copy of another store.
        """
        ...

    def fill(self, contents: Contents) -> None:
        """Make the closed target hold these contents, durably."""
        ...

    def keep(self) -> None:
        """Note that the target is complete, and stays closed until an operator adopts it."""
        ...

    def open(self) -> None:
        """Open the target: the source has no refresh tokens any more."""
        ...
