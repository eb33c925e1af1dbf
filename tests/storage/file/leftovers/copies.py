"""End logins, and find every copy of them."""

from __future__ import annotations

from openab_auth.storage import FileStore, Secret, TokenEntry
from tests.storage.entries import CANARY


def login(tenant: str) -> TokenEntry:
    access, refresh = Secret(f"{CANARY}-access-of-{tenant}"), Secret(f"{CANARY}-refresh-of-{tenant}")
    return TokenEntry(access, refresh, 4_000_000_000, "https://login.example.com/token", tenant)


def log_out(store: FileStore, tenant: str = "codex") -> None:
    assert store.update(lambda draft: draft.pop(tenant))


def copies(store: FileStore, tenant: str = "codex") -> list[str]:
    marks = (f"{CANARY}-access-of-{tenant}".encode(), f"{CANARY}-refresh-of-{tenant}".encode())
    files = [found for found in store.path.parent.iterdir() if found.is_file()]
    return sorted(found.name for found in files if any(mark in found.read_bytes() for mark in marks))
