"""Find a program and the folder in which it starts, without the working directory."""

from __future__ import annotations

import os
from collections.abc import Mapping


def find_program(program: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of a program, looked up in the absolute folders of PATH; None if it is missing.

    `shutil.which` does the same, but its import also loads three compressors, and `exec` and `status` should be quick.
    """
    folders = filter(None, absolute_path(environ).split(os.pathsep))
    places = [program] if "/" in program else [f"{folder}/{program}" for folder in folders]
    return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), None)  # noqa: PTH113 - pathlib costs 2 ms


def absolute_path(environ: Mapping[str, str]) -> str:
    """Return PATH without relative folders: an empty one and `.` stand for the working directory."""
    return os.pathsep.join(filter(os.path.isabs, environ.get("PATH", os.defpath).split(os.pathsep)))


def working_folder(environ: Mapping[str, str]) -> str:
    """Return the folder in which a vendor's program starts: programs may read configs and plugins from it."""
    from openab_auth.oauth.config.paths import home_of  # noqa: PLC0415 - `exec` of a warm token needs `find_program` alone

    home = home_of(environ)
    return home if home and os.path.isdir(home) else "/"  # noqa: PTH112 - a text goes to the child
