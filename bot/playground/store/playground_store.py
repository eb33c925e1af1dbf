"""What the playground knows about its store, whatever its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from openab_auth.bot.playground.store.lock_watch import LockWatch, NameOf
from openab_auth.storage import Store, StoreLocation, open_store

Kind: TypeAlias = Literal["file", "database"]


@dataclass(frozen=True, slots=True)
class PlaygroundStore:
    """The store that the bot, the agents and the page use.

    The page shows its `name`, and chooses its words by `kind`. `settings` are the lines of the table `[store]` in the
    bot's config. `environment` has the variables that child processes need to open the store. `watch` makes the watch
    of its locks. `full_disk` says what happens while no process can write a file.
    """

    kind: Kind
    name: str
    location: StoreLocation
    settings: str
    watch: Callable[[NameOf], LockWatch]
    full_disk: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def open(self) -> Store:
        """Open the store once more, as each process does."""
        return open_store(self.location)
