"""Entries for a store, and the mutations that write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from openab_auth.storage import Draft, Entry, Mutation, PendingEntry, Secret, TokenEntry

NOW = 1_800_000_000
CANARY = "canary-77aa"  # every secret of the fixture `token` begins with it


def token(tenant: str = "codex", value: str = "at", **changes: Any) -> TokenEntry:
    entry = TokenEntry(Secret(value), Secret(f"rt-{value}"), NOW + 3600, "https://as.example/token", tenant)
    return replace(entry, **changes)


def pending(created_at: int = NOW) -> PendingEntry:
    return PendingEntry(Secret("v"), Secret("s"), "https://as.example/token", "codex", None, created_at)


def token_in(entries: Mapping[str, Entry], tenant: str = "codex") -> TokenEntry:
    entry = entries[tenant]
    assert isinstance(entry, TokenEntry)
    return entry


def put(tenant: str, entry: Entry) -> Mutation[str]:
    def mutate(draft: Draft) -> str:
        draft[tenant] = entry
        return tenant

    return mutate
