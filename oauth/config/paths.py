"""Find files without the working directory: an agent's working directory may be a stranger's repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openab_auth.oauth.errors import RelativePathError

_CONFIG: Final = "openab-auth/config.toml"  # `openab_auth.bot.cli.warm` looks in the same places; a test compares both
_OF_THE_MACHINE: Final = "/etc"


def home_of(environ: Mapping[str, str]) -> str | None:
    """Return the home folder: HOME if it is absolute, otherwise that of the password database, otherwise None."""
    home = environ.get("HOME", "")
    if home.startswith("/"):
        return home
    import pwd  # noqa: PLC0415 - most processes have a HOME

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return None


def find_config(environ: Mapping[str, str]) -> Path | None:
    """Return the config that `environ` names, otherwise the first in a standard place, otherwise None.

    Raises:
        RelativePathError: OPENAB_AUTH_CONFIG is a relative path.
    """
    named = path_from_variable("OPENAB_AUTH_CONFIG", environ)
    return Path(named) if named else next(filter(_is_there, _standard_places(environ)), None)


def path_from_variable(variable: str, environ: Mapping[str, str]) -> str | None:
    """Return the absolute path in an environment variable; None if the variable is empty or not set.

    Raises:
        RelativePathError: the path is relative, so its meaning depends on the working directory.
    """
    value = environ.get(variable)
    if not value:
        return None
    path = expand_home(value, environ)
    if path is None or not path.startswith("/"):
        raise RelativePathError(variable)
    return path


def expand_home(path: str, environ: Mapping[str, str]) -> str | None:
    """Return `path` with a leading `~` or `~user` replaced by the home folder; None if the folder is unknown."""
    if path == "~" or path.startswith("~/"):
        home = home_of(environ)
        return home and os.path.join(home, path[2:])  # noqa: PTH118 - a text, as the config has it
    found = os.path.expanduser(path)  # noqa: PTH111 - pathlib raises where the person is unknown
    return None if found.startswith("~") else found


def path_in_config(file: str, path: str) -> str:
    """Resolve a path in the config `file`: a relative path starts at the folder of the config."""
    if not path or path.startswith("~") or "://" in path:
        return path
    return str(Path(file).absolute().parent / path)


def _standard_places(environ: Mapping[str, str]) -> list[Path]:
    """Return the places for a config, the user's own first (XDG Base Directory specification)."""
    own = environ.get("XDG_CONFIG_HOME", "")
    if not own.startswith("/"):  # the specification: a relative path is invalid and must be ignored
        own = expand_home("~/.config", environ) or ""
    return [Path(folder, _CONFIG) for folder in (own, _OF_THE_MACHINE) if folder]


def _is_there(file: Path) -> bool:
    """Return whether the file exists; an unreadable folder counts as yes, so that reading the config fails loudly."""
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
