"""Which names can be a key in the file and part of a sidecar's file name; others are refused, not rewritten."""

from __future__ import annotations

from typing import Final

from openab_auth.storage.errors import InvalidTenantError

LEGACY_MARK: Final = "access_token"  # at the top level it means the legacy single-tenant shape, so it can be no key
_LONGEST_FILE_NAME: Final = 255  # bytes, on every file system that matters here


def check_key(key: str) -> None:
    """Refuse a name that no entry can lie under.

    Raises:
        InvalidTenantError: it is empty, is not text, or would turn the file into the legacy shape.
    """
    if not isinstance(key, str) or not key:
        raise InvalidTenantError(str(key), "it is empty")
    if key == LEGACY_MARK:
        raise InvalidTenantError(key, "agents would take the file for the legacy single-tenant shape")
    _encoded(key)


def sidecar_name(file_name: str, tenant: str) -> str:
    """The file name of the tenant's refresh lock beside `file_name`.

    Raises:
        InvalidTenantError: the tenant cannot be part of a plain file name.
    """
    check_key(tenant)
    if "/" in tenant or "\0" in tenant or ".." in tenant:
        raise InvalidTenantError(tenant, "it holds '/', '..' or a NUL, so it is no plain file name")
    name = f"{file_name}.refresh.{tenant}.lock"
    if len(_encoded(file_name, tenant, name)) > _LONGEST_FILE_NAME:
        raise InvalidTenantError(tenant, f"its lock's file name would be over {_LONGEST_FILE_NAME} bytes")
    return name


def is_file_name(tenant: str) -> bool:
    """Return whether this key, which others may have written, can end a file's name."""
    return "/" not in tenant and "\0" not in tenant and tenant.isprintable()


def _encoded(*names: str) -> bytes:
    *_, last = names
    try:
        return last.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidTenantError(ascii(names[0]), "it is not valid Unicode") from None
