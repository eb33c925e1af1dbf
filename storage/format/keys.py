"""Names that can be a key in the file and part of a sidecar's file name; other names are refused, never changed."""

from __future__ import annotations

from typing import Final

from openab_auth.storage.errors import InvalidTenantError

LEGACY_MARK: Final = "access_token"  # as a key at the top level, it marks the legacy file for a single tenant
RESTORED: Final = ".restored"  # ends the name of the file with a backup that is being restored, or waits
_FILE_NAME: Final = "auth.json"  # the usual name of the credential file
_LONGEST_FILE_NAME: Final = 255  # bytes, on every file system that people use


def check_key(key: str) -> None:
    """Refuse a key that no entry can have.

    Raises:
        InvalidTenantError: the key is empty, is not valid text, or marks the legacy file for a single tenant.
    """
    if not isinstance(key, str) or not key:
        raise InvalidTenantError(str(key), "it is empty")
    if key == LEGACY_MARK:
        raise InvalidTenantError(key, "agents would take the file for the legacy single-tenant shape")
    _encoded(key)


def check_tenant(tenant: str) -> None:
    """Refuse a tenant that a file could not hold; every backend refuses it, because a login may move to a file.

    Raises:
        InvalidTenantError: the tenant cannot be a key in the file, or part of a plain file name.
    """
    sidecar_name(_FILE_NAME, tenant)


def sidecar_name(file_name: str, tenant: str) -> str:
    """Return the name of the tenant's sidecar beside the credential file `file_name`.

    Raises:
        InvalidTenantError: the tenant cannot be part of a plain file name.
    """
    check_key(tenant)
    if "/" in tenant or "\0" in tenant or ".." in tenant:
        raise InvalidTenantError(tenant, "it contains '/', '..' or a NUL, so it cannot be part of a file name")
    name = f"{file_name}.refresh.{tenant}.lock"
    if len(_encoded(file_name, tenant, name)) > _LONGEST_FILE_NAME:
        raise InvalidTenantError(tenant, f"the file name of its lock would be longer than {_LONGEST_FILE_NAME} bytes")
    return name


def is_file_name(tenant: str) -> bool:
    """Return whether this key, which another program may have written, can be the end of a file name."""
    return "/" not in tenant and "\0" not in tenant and tenant.isprintable()


def _encoded(*names: str) -> bytes:
    """Return the last name in UTF-8; an error names the first one."""
    *_, last = names
    try:
        return last.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidTenantError(ascii(names[0]), "it is not valid Unicode") from None
