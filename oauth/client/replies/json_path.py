"""Follow dotted paths into JSON, for example `account_label_path` of a client."""

from __future__ import annotations

from openab_auth.storage.entries import Json


def value_at_path(source: Json, path: str) -> Json:
    """Return the value at a dotted path. A key may contain dots, as claims named by a URL do: the longest key wins."""
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
