"""Find the audit log of a store on this host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from openab_auth.oauth.config import DEFAULT_STORE, expand_home, path_from_variable
from openab_auth.oauth.errors import UnknownHomeError
from openab_auth.storage.disk.append import LOG_SUFFIX

VARIABLE: Final = "OPENAB_AUTH_AUDIT"


def audit_path(location: str, environ: Mapping[str, str]) -> Path:
    """Return the path of the audit log: that of `OPENAB_AUTH_AUDIT`, or else beside the store.

    A store in PostgreSQL has no folder, so each host keeps its own log in the place of the default store.

    Raises:
        ConfigError: OPENAB_AUTH_AUDIT is relative, or the home folder is not known.
    """
    named = path_from_variable(VARIABLE, environ)
    if named:
        return Path(named)
    beside = expand_home(DEFAULT_STORE if "://" in location else location, environ)
    if beside is None:
        raise UnknownHomeError(None, VARIABLE)
    return Path(f"{beside}{LOG_SUFFIX}").absolute()
