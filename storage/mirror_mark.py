"""The mark of a mirror: a file that holds copies of access tokens, and never a refresh token.

`openab-auth mirror` keeps such a file for agents that read no other store. The mark, `auth.json.mirror`, tells our own
processes that nothing can be renewed there.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from openab_auth.storage.errors import StorageError, StoreUnreadableError

if TYPE_CHECKING:
    from openab_auth.storage.reader import StoreReader

_ENDING: Final = ".mirror"


class MirrorOnlyError(StorageError):
    """The token in a mirror is over; only the mirror's own process brings another one."""

    code = "mirror"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is a mirror, and the token in it is over",
            kept="nothing was sent, and nobody was asked to log in",
            todo="see whether `openab-auth mirror` runs on this host, and try again",
        )


def mark_of(path: Path) -> Path:
    """Return the path of the mark beside a credential file."""
    return path.with_name(f"{path.name}{_ENDING}")


def is_mirror(store: StoreReader) -> bool:
    """Return whether this is the file of a mirror.

    Raises:
        StoreUnreadableError: nobody can tell.
    """
    path = getattr(store, "path", None)  # only a file store has one
    if not isinstance(path, Path):
        return False
    try:
        mark_of(path).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreUnreadableError(path, error) from error
    return True


def refuse_in_mirror(store: StoreReader) -> None:
    """Refuse to renew, end or ask for a login in the file of a mirror.

    Raises:
        MirrorOnlyError: it is the file of a mirror.
        StoreUnreadableError: nobody can tell.
    """
    if is_mirror(store):
        raise MirrorOnlyError(str(getattr(store, "path", "")))
