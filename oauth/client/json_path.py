"""Dotted paths into a vendor's JSON, as `account_from` in its table is one."""

from __future__ import annotations

from openab_auth.storage.entries import Json


def value_at_path(source: Json, path: str) -> Json:
    """Return what lies at a dotted path; a key may hold dots itself (claims named by a URL): the longest one wins."""
    if not path:
        return source
    if not isinstance(source, dict):
        return None
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        key = ".".join(parts[:length])
        if key in source:
            return value_at_path(source[key], ".".join(parts[length:]))
    return None
