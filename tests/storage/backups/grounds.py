"""A store of each kind, with a backup of it, and ways to lose it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from openab_auth.storage import NOTES, Draft, FileStore, Mutation, Note, Store
from openab_auth.storage.backups import restoring
from openab_auth.storage.backups.backup_file import Backup
from openab_auth.storage.backups.restoring import RestoredStore, restore_database, restore_file
from openab_auth.storage.backups.taking import back_up_database, back_up_file
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying import adopt_database, adopt_file
from openab_auth.storage.copying.adopting import Adopted
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.opening import PostgresSettings
from openab_auth.storage.postgres.upkeep.closing import StoreGate
from tests.storage.entries import token

GENERATION = "the login of Ada"


def renewed(value: str, expires_at: int = 1_800_007_200) -> Mutation[None]:
    """Return the mutation of a process that has renewed the login."""

    def mutate(draft: Draft) -> None:
        draft["codex"] = token(value=value, expires_at=expires_at)

    return mutate


def logged_in_again(value: str, at: int | None) -> Mutation[None]:
    """Return the mutation of a new login; `at` is when it was made, as its note says."""

    def mutate(draft: Draft) -> None:
        draft["codex"] = token(value=value)
        draft.notes["codex"] = Note(generation=f"the login {value}", logged_in_at=at)

    return mutate


def name_generation(draft: Draft) -> None:
    """Note in `codex` which login it is."""
    draft.notes["codex"] = (draft.notes.get("codex") or Note())._replace(generation=GENERATION)


@dataclass
class Ground:
    """A store, the folder of its backups, and the settings if it is in PostgreSQL."""

    store: Store
    folder: Path
    settings: PostgresSettings | None = None
    made: list[Path] = field(default_factory=list)

    def back_up(self) -> Path:
        path = self.folder / f"backup-{uuid4()}"
        self.taken(path)
        return path

    def taken(self, path: Path) -> Backup:
        if self.settings is not None:
            return back_up_database(self.settings, path, version="0", clock=lambda: 1_800_000_000.0)
        assert isinstance(self.store, FileStore)
        return back_up_file(self.store, path, version="0", clock=lambda: 1_800_000_000.0)

    def restore(self, path: Path, *, replace: bool = True) -> RestoredStore:
        """Restore as a new process does; do not wait long for a refresh under way."""
        with patch.object(restoring, "_PATIENCE", 0.0):
            if self.settings is not None:
                return restore_database(self.settings, path, replace=replace)
            assert isinstance(self.store, FileStore)
            return restore_file(FileStore(self.store.path), path, replace=replace)

    def adopt(self) -> Adopted:
        if self.settings is not None:
            return adopt_database(self.settings)
        assert isinstance(self.store, FileStore)
        return adopt_file(self.store)

    def lose(self) -> None:
        """Remove all logins, as if the disk were new."""
        self.store.update(lambda draft: draft.clear())

    def contents(self) -> Contents:
        return Contents.of(self.store)

    def is_open(self) -> bool:
        if self.settings is not None:
            with StoreGate(self.settings).locked() as (state, _):
                return state.head.open
        assert isinstance(self.store, FileStore)
        return not self.store.path.with_name(f"{self.store.path.name}.restored").exists()

    def posted(self) -> set[str]:
        """Return the refresh tokens that a process of any language would post now."""
        if self.settings is not None and not self.is_open():
            return set()
        tokens = (getattr(entry, "refresh_token", None) for entry in self.store.read().values())
        return {token.reveal() for token in tokens if token}

    def waits(self) -> set[str]:
        return {key for key, note in self.store.records(NOTES).items() if note.waits}

    def close(self) -> None:
        if isinstance(self.store, PostgresStore):
            self.store.close()
