"""Creates private files and folders and changes their owner, by descriptor, so that no symbolic link misleads root.

Only this module changes an owner or a mode, or makes a folder. Files are removed and renamed in a folder that was
entered here. Root may work in the folder of another user
(`sudo openab-auth --store ~ada/.openab/agent/auth.json …`). That user can replace any name there by a link at any
moment. So root walks to the folder step by step. A user's link may only lead to a folder of the same user.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

PRIVATE: Final = 0o600
FOR_ITS_OWNER: Final = 0o700  # the mode of a folder
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STEP: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC
_CAN_WALK: Final = hasattr(os, "O_PATH")  # Linux
_NO_MODES: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_MOST_LINKS: Final = 40  # the limit of the kernel
_roots_alone: Final[set[str]] = set()  # paths of files that only root could redirect

Owner = tuple[int, int]  # uid and gid


def open_file(path: str | os.PathLike[str], flags: int, mode: int = PRIVATE) -> int:
    """Open a file, or create it with `mode`; refuse a symbolic link.

    Raises:
        OSError: the file cannot be opened.
    """
    at, name = enter(path)
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=at)
    finally:
        leave(at)


def enter(path: str | os.PathLike[str]) -> tuple[int | None, str]:
    """Return a descriptor of the folder of an absolute path, and the name of the file in it; call `leave` afterwards.

    If nobody else can redirect the path, return None and the whole path instead, which is as safe and faster.

    Raises:
        OSError: the folder cannot be entered, or a link of one user leads to the folder of another user.
    """
    whole = os.fspath(path)
    if whole in _roots_alone or os.geteuid() != 0 or not _CAN_WALK:
        return None, whole
    folder, _, name = whole.rpartition("/")
    at, roots_alone = _walk(folder)
    if roots_alone:
        _roots_alone.add(whole)
        leave(at)
        return None, whole
    return at, name


def leave(at: int | None) -> None:
    """Close the descriptor that `enter` returned."""
    if at is not None:
        with contextlib.suppress(OSError):
            os.close(at)


@contextlib.contextmanager
def entered(path: str | os.PathLike[str]) -> Iterator[tuple[int | None, str]]:
    """Enter the folder of a path for the length of a block; see `enter`.

    Raises:
        OSError: as `enter`.
    """
    at, name = enter(path)
    try:
        yield at, name
    finally:
        leave(at)


def make_folder(folder: str, mode: int = FOR_ITS_OWNER) -> None:
    """Make the folder and all missing folders above it, with this mode; root gives them to the owner above.

    Raises:
        OSError: the folder could not be made.
    """
    if not _CAN_WALK:
        os.makedirs(folder, mode, exist_ok=True)  # noqa: PTH103 -- the path is a string
        return
    at, _ = _walk(folder, make=mode)
    leave(at)


def folder_owner(path: str | os.PathLike[str], at: int | None = None) -> Owner | None:
    """Return the owner of the folder of a new file, who gets the file; return None if we are not root."""
    if os.geteuid() != 0:
        return None
    return owner_of(os.lstat(os.fspath(path).rpartition("/")[0] or "/") if at is None else os.fstat(at))


def settle(descriptor: int, owner: Owner | None, mode: int = PRIVATE) -> os.stat_result:
    """Set the mode of a new file, whatever the umask; as root, also give it to `owner`. Return its stat."""
    found = os.fstat(descriptor)
    if owner is not None and owner != owner_of(found) and os.geteuid() == 0:
        os.fchown(descriptor, *owner)
    if stat.S_IMODE(found.st_mode) != mode:
        _set_mode(descriptor, mode)
    return found


def _set_mode(descriptor: int, mode: int) -> None:
    """Set the mode; accept a mode that a file system allows instead, unless it lets other users read the file.

    Raises:
        FaultError: the file system has no modes, or it ignores them (chmod(2), EPERM on FAT).
        OSError: the mode could not be set.
    """
    refused: OSError | None = None
    try:
        os.fchmod(descriptor, mode)
    except OSError as error:
        if error.errno not in _NO_MODES:
            raise
        refused = error
    now = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if now & 0o077 & ~mode:
        from openab_auth.storage.file_faults import NO_MODES, FaultError  # noqa: PLC0415 -- only a failure needs the table

        raise FaultError.of(errno.EPERM, NO_MODES)
    if refused is not None and mode & ~now:
        raise refused


def give_away(descriptor: int, found: os.stat_result, owner: Owner | None) -> None:
    """Give an empty file of root to `owner`, unless it has a second name: then it may be any file of root."""
    if owner is not None and owner[0] != found.st_uid == 0 and found.st_nlink == 1 and not found.st_size:
        os.fchown(descriptor, *owner)


def owner_of(found: os.stat_result) -> Owner:
    """Return the owner and the group in a stat."""
    return found.st_uid, found.st_gid


def _walk(folder: str, *, make: int | None = None) -> tuple[int, bool]:
    """Return a descriptor of the folder, and whether only root could have redirected its path.

    Missing folders are made with the mode `make`, unless it is None.
    """
    walk = _Walk(folder)
    try:
        while walk.steps:
            walk.step(make=make)
        _check_folder(os.fstat(walk.here), folder)
    except BaseException:
        leave(walk.here)
        raise
    return walk.here, walk.roots_alone


class _Walk:
    """A walk to a folder, name by name; `here` is a descriptor of the folder reached so far."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._links = 0
        self._heir: Owner | None = None  # the owner of new folders
        self.steps = _parts(folder)
        self.here = os.open("/", _STEP)
        self.roots_alone = True

    def step(self, *, make: int | None) -> None:
        """Enter the next name, or make the folder with the mode `make`. A link adds its target's names to the walk."""
        name = self.steps.pop()
        around = os.fstat(self.here)
        if isinstance(name, int):  # the target of a link of this user is reached
            _check_same_user(name, around, self._folder)
            return
        try:
            step = os.open(name, _STEP, dir_fd=self.here)
        except FileNotFoundError:
            if make is None:
                raise
            self._heir = self._heir or owner_of(around)
            step = _make(name, self.here, self._heir, make)
        found = os.fstat(step)
        self.roots_alone = self.roots_alone and _is_roots_alone(around, found)
        if not stat.S_ISLNK(found.st_mode):
            leave(self.here)
            self.here = step
            return
        try:
            self._follow(os.readlink("", dir_fd=step), found.st_uid)
        finally:
            leave(step)

    def _follow(self, target: str, user: int) -> None:
        self._links += 1
        if self._links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._folder)
        if os.geteuid() == 0 and user != 0:
            self.steps.append(user)
        self.steps += _parts(target)
        if target.startswith("/"):
            leave(self.here)
            self.here = os.open("/", _STEP)


def _parts(path: str) -> list[str | int]:
    """Return the names in a path, in reverse order."""
    return [part for part in reversed(path.split("/")) if part not in {"", "."}]


def _is_roots_alone(around: os.stat_result, found: os.stat_result) -> bool:
    """Return whether only root can replace the file or folder `found` in the folder `around`."""
    if around.st_uid != 0:
        return False
    return not around.st_mode & 0o022 or bool(around.st_mode & stat.S_ISVTX and found.st_uid == 0)


def _check_folder(found: os.stat_result, folder: str) -> None:
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)


def _check_same_user(user: int, found: os.stat_result, folder: str) -> None:
    if found.st_uid != user:
        reason = f"a symbolic link of uid {user} leads to a folder of uid {found.st_uid}"
        raise OSError(errno.ELOOP, reason, folder)


def _make(name: str, around: int, owner: Owner, mode: int) -> int:
    """Make a folder, unless another process was faster, and open it; never give away a folder that we did not make."""
    try:
        os.mkdir(name, mode, dir_fd=around)
    except FileExistsError:
        return os.open(name, _STEP, dir_fd=around)
    made = os.open(name, _FOLDER, dir_fd=around)
    try:
        found = os.fstat(made)
        # Giving away an empty folder is harmless: the owner of `around` could remove it and make a new one anyway.
        ours = os.geteuid() == 0 == found.st_uid and not os.listdir(made)  # noqa: PTH208 -- a descriptor
        if ours and owner != owner_of(found):
            os.fchown(made, *owner)
    except BaseException:
        leave(made)
        raise
    return made
