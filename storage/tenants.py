"""Which names can be a tenant: a key in the file and part of a sidecar's file name."""

from __future__ import annotations

import os
from typing import Final

from storage.errors import InvalidTenantError

LONGEST_FILE_NAME: Final = 255  # bytes, on every file system that we meet


def check_tenant(tenant: str, prefix: str = "auth.json.refresh.", suffix: str = ".lock") -> None:
    """Refuse what cannot be a plain file name between `prefix` and `suffix`; a name is never rewritten.

    Raises:
        InvalidTenantError: with what is wrong with it.
    """
    if not tenant or tenant in {".", ".."}:
        raise InvalidTenantError(tenant, "it is no file name")
    if "/" in tenant or "\0" in tenant or ".." in tenant:
        raise InvalidTenantError(tenant, "a '/', a NUL or '..' cannot stand in a file name")
    try:
        length = len(os.fsencode(prefix + tenant + suffix))
    except UnicodeEncodeError:
        raise InvalidTenantError(tenant, "it is no valid text") from None
    if length > LONGEST_FILE_NAME:
        raise InvalidTenantError(tenant, "it is too long for a file name")
