"""A home without a config, in which the warm command finds only what a test puts there."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "auth.json"
