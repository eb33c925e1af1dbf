"""A store with a thread and its owner, and what agents in it ask for."""

from __future__ import annotations

import time
from collections.abc import Callable

from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.requests import LoginRequests, OpenRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import REQUESTS, LoginRequest, MemoryStore, Secret, SeenThread, ThreadId, TokenEntry, UserId

ADA, BOB = UserId(41), UserId(42)
THREAD, OTHER = ThreadId(7), ThreadId(8)
NOW = 1_800_000_000.0
_OFFERED = ("claude", "codex", "copilot", "grok")


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def token(*, expires_at: int = int(NOW) + 3600, refresh_token: str = "rt") -> TokenEntry:
    return TokenEntry(Secret("at"), Secret(refresh_token), expires_at, "https://vendor.example/token", "codex")


def store_with_thread() -> MemoryStore:
    store = MemoryStore()
    store.update(lambda draft: draft.threads.update({"thread:7": SeenThread(1, 700, 70, ADA)}))
    return store


def requests_of(
    store: MemoryStore, clock: Callable[[], float] = time.time, thread: ThreadId = THREAD, *, ask: bool = True
) -> LoginRequests:
    return LoginRequests(Runtime(store, offering(ask=ask), clock=clock, environ={}), thread)


def offering(*, ask: bool = True) -> Catalogue:
    """Return the catalogue of an operator who offers a few vendors."""
    return Catalogue.from_config(Config(auth=AuthSettings(vendors=_OFFERED, accept_risk=_OFFERED, ask=ask)), {})


def stored(store: MemoryStore, now: float = NOW) -> tuple[LoginRequest, ...]:
    return OpenRequests(store.records(REQUESTS), now).open()
