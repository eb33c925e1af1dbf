"""Keep the bytes of a damaged file, so that nothing is lost that a person could still read."""

from __future__ import annotations

from pathlib import Path

from storage.atomic import create_new
from storage.errors import StoreUnwritableError

_MOST = 1000


def keep(path: Path, data: bytes, now: float) -> Path:
    """Write `data` to `<path>.corrupt-<unix seconds>`, under a name that is not taken; call under the global lock.

    Raises:
        StoreUnwritableError: they could not be kept, so the damaged file must stay as it is.
    """
    for attempt in range(_MOST):
        suffix = f"-{attempt}" if attempt else ""
        place = path.with_name(f"{path.name}.corrupt-{int(now)}{suffix}")
        try:
            create_new(place, data)
        except FileExistsError:
            continue
        except OSError as error:
            raise StoreUnwritableError(place, error.strerror or type(error).__name__) from error
        return place
    raise StoreUnwritableError(path, f"{_MOST} quarantined files of this second lie beside it")
