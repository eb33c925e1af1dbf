"""Any history of updates, failures, other writers, damage, spills and time has the result of a dict.

The model is a dict of entries and a dict of notes. The faults are real: files that another language's agent has
rewritten, files without their end, and a size limit that makes a commit fail.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from openab_auth.storage import (
    Draft,
    Entry,
    FileStore,
    McpEntry,
    Note,
    PendingEntry,
    Secret,
    StoreUnwritableError,
    TokenEntry,
)
from openab_auth.storage.entries import PENDING_LIFETIME
from openab_auth.storage.format import codec
from tests.storage.entries import NOW
from tests.support.clock import Clock

TENANTS = st.sampled_from(["codex", "codex", "codex", "mcp:linear"])
NUMBERS = st.integers(0, 5)
USERS = st.integers(1, 2)


def login(tenant: str, number: int) -> TokenEntry | McpEntry:
    """Return a login; each number is another generation, and a Rust agent drops its unknown field."""
    if tenant.startswith("mcp:"):
        reply = {"access_token": f"at{number}", "token_type": "bearer", "refresh_token": f"rt{number}"}
        return McpEntry(tenant, reply, extra={"unknown": number})
    secret = Secret(f"rt{number}")
    return TokenEntry(Secret(f"at{number}"), secret, NOW + number, "https://as.example", tenant, {"unknown": number})


def as_rust_writes(entry: Entry) -> Entry:
    """Return the entry without the fields that a Rust agent does not know."""
    text = json.loads(codec.encode({"x": entry}))["x"]
    text.pop("unknown", None)
    return codec.decode(json.dumps({"x": text})).entries["x"]


@contextmanager
def no_room() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class History(RuleBasedStateMachine):
    """Compare two stores on one file, as in two processes, with a model."""

    @initialize()
    def begin(self) -> None:
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 -- a folder of its own in it
        self.folder = Path(tempfile.mkdtemp(dir=memory))
        self.path = self.folder / "auth.json"
        self.clock = Clock()
        self.stores = [FileStore(self.path, clock=self.clock) for _ in range(2)]
        self.entries: dict[str, Entry] = {}
        self.notes: dict[str, Note] = {}
        self.spilled: dict[str, Entry] = {}  # what waits in the journal and is not yet in the file

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def after_update(self) -> None:
        """Apply the changes that every update makes besides its own."""
        self.entries.update(self.spilled)
        self.spilled = {}
        for key, entry in list(self.entries.items()):
            if isinstance(entry, PendingEntry) and abs(self.clock() - entry.created_at) > PENDING_LIFETIME:
                del self.entries[key]
        self.notes = {tenant: note for tenant, note in self.notes.items() if tenant in self.entries}
        assert not list(self.folder.glob("*.spill.*"))

    @rule(which=st.integers(0, 1), tenant=TENANTS, number=NUMBERS, noted=st.booleans())
    def log_in(self, which: int, tenant: str, number: int, *, noted: bool) -> None:
        def mutate(draft: Draft) -> None:
            draft[tenant] = login(tenant, number)
            if noted:
                draft.notes[tenant] = Note(f"person {number}")

        self.stores[which].update(mutate)
        self.spilled.pop(tenant, None)
        self.entries[tenant] = login(tenant, number)
        if noted:
            self.notes[tenant] = Note(f"person {number}")
        self.after_update()

    @rule(which=st.integers(0, 1), tenant=TENANTS)
    def log_out(self, which: int, tenant: str) -> None:
        self.stores[which].update(lambda draft: draft.pop(tenant, None))
        self.spilled.pop(tenant, None)
        self.entries.pop(tenant, None)
        self.after_update()

    @rule(which=st.integers(0, 1), user=USERS)
    def begin_login(self, which: int, user: int) -> None:
        key, now = f"pending:codex:{user}", int(self.clock())
        entry = PendingEntry(Secret("v"), Secret("s"), "https://as.example", "codex", created_at=now)
        self.stores[which].update(lambda draft: draft.update({key: entry}))
        self.entries[key] = entry
        self.after_update()

    @rule(which=st.integers(0, 1), tenant=TENANTS)
    def a_mutation_raises(self, which: int, tenant: str) -> None:
        def mutate(draft: Draft) -> None:
            draft[tenant] = login(tenant, 9)
            draft.notes[tenant] = Note("nobody")
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            self.stores[which].update(mutate)

    @rule(which=st.integers(0, 1), tenant=TENANTS, number=NUMBERS)
    def one_of_several_raises(self, which: int, tenant: str, number: int) -> None:
        outcomes = self.stores[which].update_all(
            [
                lambda draft: draft.update({tenant: login(tenant, number)}),
                lambda draft: draft[draft.pop(tenant)],  # type: ignore[index]  # fails after a change
                lambda draft: draft.update({"a/b": login("a/b", 1)}),
            ]
        )
        assert [type(outcome).__name__ for outcome in outcomes] == ["Done", "Failed", "Failed"]
        self.spilled.pop(tenant, None)
        self.entries[tenant] = login(tenant, number)
        self.after_update()

    @rule(which=st.integers(0, 1), tenant=TENANTS, number=NUMBERS)
    def there_is_no_room(self, which: int, tenant: str, number: int) -> None:
        """Let the commit fail as a whole; it succeeds if nothing has to be written."""
        seen = {**self.entries, **self.spilled}
        with no_room():
            try:
                self.stores[which].update(lambda draft: draft.update({tenant: login(tenant, number)}))
            except StoreUnwritableError:
                return
        assert seen.get(tenant) == login(tenant, number)
        self.after_update()

    @rule(which=st.integers(0, 1), tenant=TENANTS, number=NUMBERS)
    def a_renewed_login_is_spilled(self, which: int, tenant: str, number: int) -> None:
        seen = self.spilled.get(tenant, self.entries.get(tenant))
        entry = login(tenant, number)
        if seen is None:
            assert not self.stores[which].spill(tenant, entry, login(tenant, 8))
            return
        assert not isinstance(seen, PendingEntry)
        assert self.stores[which].spill(tenant, entry, seen)
        self.spilled[tenant] = entry

    @rule(tenant=TENANTS)
    def two_refreshes_in_a_row_could_not_be_committed(self, tenant: str) -> None:
        for which, number in enumerate((4, 5)):
            self.a_renewed_login_is_spilled(which, tenant, number)

    @rule(which=st.integers(0, 1), tenant=TENANTS, number=NUMBERS)
    def a_renewed_login_is_spilled_too_late(self, which: int, tenant: str, number: int) -> None:
        assert not self.stores[which].spill(tenant, login(tenant, number), login(tenant, 9))

    @precondition(lambda self: self.entries or self.path.exists())
    @rule(drops=st.booleans())
    def a_rust_agent_writes_the_file(self, *, drops: bool) -> None:
        """Read the committed file and write it without unknown fields; a Rust agent knows no journal."""
        entries = {key: as_rust_writes(entry) for key, entry in self.entries.items()} if drops else self.entries
        temporary = self.path.with_name("auth.json.tmp.99999.0")
        temporary.write_text(codec.encode(entries))
        temporary.chmod(0o600)
        temporary.replace(self.path)
        self.entries = dict(entries)

    @precondition(lambda self: self.entries)
    @rule(cut=st.integers(2, 40))
    def the_file_loses_its_end(self, cut: int) -> None:
        """Cut the file; the model keeps the valid entries, and the next update quarantines the bytes."""
        torn = self.path.read_bytes()[:-cut]
        self.path.write_bytes(torn)
        self.entries = dict(codec.decode(torn.decode()).entries)
        self.spilled = {tenant: entry for tenant, entry in self.spilled.items() if tenant in self.entries}
        self.stores[0].update(lambda draft: None)
        self.after_update()
        assert any(kept.read_bytes() == torn for kept in self.folder.glob("auth.json.corrupt-*"))

    @rule(seconds=st.sampled_from([1, 600, -600, 7200]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def a_process_starts_anew(self) -> None:
        self.stores[1] = FileStore(self.path, clock=self.clock)

    @invariant()
    def every_reader_sees_what_the_model_has(self) -> None:
        if not hasattr(self, "folder"):
            return
        expected = {**self.entries, **self.spilled}
        for store in (*self.stores, FileStore(self.path)):
            assert dict(store.read()) == expected
        assert dict(self.stores[0].notes()) == self.notes
        if self.path.exists():
            assert not codec.decode(self.path.read_text()).damage
        assert not list(self.folder.glob("*.tmp.*"))


History.TestCase.settings = settings(max_examples=20, stateful_step_count=30)
TestHistory = History.TestCase
