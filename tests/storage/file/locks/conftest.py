"""A store that has a login."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.storage import FileStore
from tests.storage.entries import put, token


@pytest.fixture
def store(path: Path) -> FileStore:
    store = FileStore(path, lock_timeout=0.1)
    store.update(put("codex", token(expires_at=0)))
    return store
