"""Renewals of one login, and the path of its spill."""

from __future__ import annotations

from pathlib import Path

from openab_auth.storage import FileStore
from tests.storage.entries import token

OLD = token(value="at0")  # its refresh token is rt-at0
NEW = token(value="at1")


def place(store: FileStore) -> Path:
    return store.path.with_name("auth.json.spill.codex")
