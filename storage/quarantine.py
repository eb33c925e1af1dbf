"""Keeps the bytes of a damaged file under a name that nothing bears yet; only ever called under the global lock."""

from __future__ import annotations

import itertools
from pathlib import Path

from storage import atomic, listing


def keep(path: Path, data: bytes, now: float) -> Path:
    """Write `data` durably to `<path>.corrupt-<unix seconds>[-N]` and return that name.

    Raises:
        StoreUnwritableError: it could not be kept, so the damaged file must stay as it is.
    """
    stem = f"{path.name}.corrupt-{int(now)}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(1)))
    return next(kept for kept in map(path.with_name, names) if atomic.create(kept, data))


def kept_files(path: Path) -> list[Path]:
    """The damaged files that were kept so far."""
    mark = f"{path.name}.corrupt-"
    return sorted(path.with_name(name) for name in listing.names(path.parent) or () if name.startswith(mark))
