"""Stores in a folder of their own, and entries to put into them."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from openab_auth.storage import FileStore, Secret, TokenEntry

# Examples take as long as the machine makes them take: their number is the bound, not the clock.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

CANARY = "canary-77aa"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent" / "auth.json"


@pytest.fixture
def quick() -> Iterator[Path]:
    """A folder in memory where there is one, for tests that commit hundreds of times and cut no power."""
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of its own in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def store(path: Path) -> FileStore:
    return FileStore(path)


@pytest.fixture
def token() -> Callable[..., TokenEntry]:
    """Makes a login; every secret in it begins with the canary."""

    def make(tenant: str = "codex", *, access: str = "access", expires_at: int = 4_000_000_000) -> TokenEntry:
        return TokenEntry(
            access_token=Secret(f"{CANARY}-{access}"),
            refresh_token=Secret(f"{CANARY}-refresh"),
            expires_at=expires_at,
            token_endpoint="https://login.example.com/token",
            provider=tenant,
        )

    return make
