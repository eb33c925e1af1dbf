"""Fixtures for the commands about whole stores."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest


@pytest.fixture
def file(home: Path) -> Path:
    """Write the credential file of `home`, and return its path."""
    path = home / ".openab/agent/auth.json"
    path.parent.mkdir(parents=True, mode=0o700)
    rest = {"refresh_token": "canary-rt", "token_endpoint": "https://x.example/", "provider": "codex"}
    path.write_text(json.dumps({"codex": {"access_token": "at", "expires_at": int(time.time()) + 3600, **rest}}))
    return path
