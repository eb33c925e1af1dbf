"""The promises of every backend about entries: commits, versions and leases."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from openab_auth.storage import (
    Done,
    Draft,
    Failed,
    InvalidEntryError,
    InvalidTenantError,
    PendingEntry,
    Secret,
    Store,
    UserId,
    pending_key,
)
from tests.storage.entries import pending, put, token, token_in
from tests.support.clock import Clock


def fail(draft: Draft) -> None:
    draft["claude"] = token("claude")
    raise LookupError


class EntryContract:
    def test_a_new_store_is_empty_and_has_no_problems(self, store: Store) -> None:
        assert dict(store.read()) == {}
        assert dict(store.notes()) == {}
        assert store.problems() == ()

    def test_an_update_is_read_back_and_gives_what_the_mutation_returned(self, store: Store) -> None:
        assert store.update(put("codex", token())) == "codex"
        assert dict(store.read()) == {"codex": token()}

    def test_what_was_read_cannot_be_written_and_does_not_change(self, store: Store) -> None:
        before = store.read()
        store.update(put("codex", token()))

        assert dict(before) == {}
        with pytest.raises(TypeError):
            store.read()["codex"] = token()  # type: ignore[index]  # nobody may

    def test_entries_keep_their_order(self, store: Store) -> None:
        for name in ("z", "a", "m"):
            store.update(put(name, token(name)))
        store.update(put("a", token("a", "new")))
        assert list(store.read()) == ["z", "a", "m"]

    def test_a_raising_mutation_commits_nothing_and_its_error_comes_out(self, store: Store) -> None:
        version = store.version()
        with pytest.raises(LookupError):
            store.update(fail)
        assert dict(store.read()) == {}
        assert store.version() == version

    def test_what_a_raising_mutation_removed_is_still_there(self, store: Store) -> None:
        store.update(put("codex", token()))

        def remove(draft: Draft) -> None:
            del draft["codex"]
            raise LookupError

        with pytest.raises(LookupError):
            store.update(remove)
        assert dict(store.read()) == {"codex": token()}

    def test_of_many_mutations_the_raising_one_is_dropped_alone(self, store: Store) -> None:
        outcomes = store.update_all([put("a", token("a")), fail, put("b", token("b"))])

        assert outcomes[0] == Done("a")
        assert isinstance(outcomes[1], Failed)
        assert isinstance(outcomes[1].error, LookupError)
        assert list(store.read()) == ["a", "b"]

    def test_a_later_mutation_sees_an_earlier_one_of_the_same_commit(self, store: Store) -> None:
        outcomes = store.update_all([put("a", token("a")), list])
        assert outcomes[1] == Done(["a"])

    @pytest.mark.parametrize("name", ["", "a/b", "..", "a..b", "a\0b", "x" * 300, "access_token", "\ud800"])
    def test_a_name_that_no_sidecar_can_bear_is_refused_alone(self, store: Store, name: str) -> None:
        outcomes = store.update_all([put(name, token(name)), put("b", token("b"))])

        assert isinstance(outcomes[0], Failed)
        assert isinstance(outcomes[0].error, InvalidTenantError)
        assert list(store.read()) == ["b"]
        with pytest.raises(InvalidTenantError):
            store.lease(name)

    @pytest.mark.parametrize(
        "bad",
        [
            token(expires_at=-1),
            token(expires_at=2**64),
            token(expires_at=1.5),
            token(expires_at=True),
            token(provider=None),
            token(access_token=Secret("\udc00")),
            token(access_token="plain"),
            token(extra={"n": float("nan")}),
            token(extra={"o": object()}),
            PendingEntry(Secret("v"), Secret("s"), "u", "codex", None, -1),
            "text",
            None,
        ],
        ids=str,
    )
    def test_an_entry_that_agents_would_refuse_is_never_written(self, store: Store, bad: object) -> None:
        with pytest.raises(InvalidEntryError):
            store.update(put("codex", bad))  # type: ignore[arg-type]  # agents would refuse it
        assert dict(store.read()) == {}

    def test_stale_pending_logins_are_swept_by_the_next_update(self, store: Store, clock: Clock) -> None:
        keys = [pending_key("codex", UserId(n)) for n in range(4)]
        store.update_all([put(keys[0], pending()), put("mcp-pending:x", pending()), put("odd", pending())])
        clock.now += 15 * 60 + 1
        store.update_all(
            [
                put(keys[1], pending(0)),
                put(keys[2], pending(int(clock.now) + 10**6)),
                put(keys[3], pending(int(clock.now) - 15 * 60)),
            ]
        )
        assert list(store.read()) == ["odd", keys[3]]

    def test_the_version_differs_after_every_commit_and_only_then(self, store: Store) -> None:
        versions = [store.version()]
        for n in range(20):
            store.update(put("codex", token(value=f"at{n:02}")))
            versions.append(store.version())
            store.update(put("codex", token(value=f"at{n:02}")))
            assert store.version() == versions[-1]
        assert len(set(versions)) == len(versions)

    async def test_waiting_for_a_change_ends_with_the_change_or_after_the_timeout(self, store: Store) -> None:
        before = store.version()
        assert not await store.wait_for_change(before, 0.02)

        waiting = asyncio.create_task(store.wait_for_change(before, 5))
        await asyncio.sleep(0)
        await asyncio.to_thread(store.update, put("codex", token()))

        assert await waiting
        assert await store.wait_for_change(before, 0)

    def test_a_lease_has_one_holder_and_can_be_taken_again(self, store: Store) -> None:
        first, second, other = store.lease("codex"), store.lease("codex"), store.lease("claude")

        assert first.try_acquire()
        assert not first.try_acquire()
        assert not second.try_acquire()
        assert other.try_acquire()
        second.release()
        assert not second.try_acquire()
        first.release()
        first.release()
        assert second.try_acquire()
        second.release()
        other.release()

    def test_an_update_is_possible_under_a_lease(self, store: Store) -> None:
        lock = store.lease("codex")
        assert lock.try_acquire()
        store.update(put("codex", token()))
        lock.release()

    def test_threads_lose_no_update(self, store: Store) -> None:
        store.update(put("codex", token(expires_at=0)))

        def count(draft: Draft) -> None:
            entry = token_in(draft)
            draft["codex"] = replace(entry, expires_at=entry.expires_at + 1)

        threads = [threading.Thread(target=lambda: [store.update(count) for _ in range(10)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert token_in(store.read()).expires_at == 40

    def test_a_store_is_usable_under_a_lease_and_the_check_changes_nothing(self, store: Store) -> None:
        store.update(put("codex", token()))
        lease, before = store.lease("codex"), store.version()
        assert lease.try_acquire()

        store.check_usable()

        lease.release()
        assert store.version() == before

    def test_checking_that_it_is_writable_changes_nothing(self, store: Store) -> None:
        store.update(put("codex", token()))
        version = store.version()
        store.check_writable()
        assert store.version() == version
