"""The store of a playground in a file of its home folder, which the playground removes at its end."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Final

from openab_auth.bot.playground.store.file_locks import FileLocks
from openab_auth.bot.playground.store.playground_store import PlaygroundStore
from openab_auth.storage import StoreLocation

_FULL_DISK: Final = (
    "Every write to a file now fails in the bot and in the agents, as on a full disk (RLIMIT_FSIZE is 0). "
    "Log in, or expire the token and start the agents."
)


def file_store(home: Path) -> PlaygroundStore:
    """Return the store in `home`; nothing is created yet."""
    path = home / "auth.json"
    return PlaygroundStore(
        kind="file",
        name=path.name,
        location=StoreLocation(str(path)),
        settings=f"path = {json.dumps(str(path))}",
        watch=partial(FileLocks, path),
        full_disk=_FULL_DISK,
    )
