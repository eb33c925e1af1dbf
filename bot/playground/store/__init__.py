"""The store of the playground, and the processes that hold its locks."""

from openab_auth.bot.playground.store.lock_watch import HoldView, LockView, LockWatch
from openab_auth.bot.playground.store.opening import opened_store
from openab_auth.bot.playground.store.playground_store import PlaygroundStore

__all__ = ["HoldView", "LockView", "LockWatch", "PlaygroundStore", "opened_store"]
