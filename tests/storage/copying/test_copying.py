"""A store moves between a file and PostgreSQL: everything arrives, and no refresh token is live in both places."""

from __future__ import annotations

import time

import pytest

from openab_auth.storage import Secret
from openab_auth.storage.contents import Contents, has_refresh_token
from openab_auth.storage.copying import (
    Copied,
    CopyBusyError,
    ForeignCopyError,
    NothingToCopyError,
    TargetNotEmptyError,
    adopt_database,
    adopt_file,
    copy_store,
    copying,
)
from openab_auth.storage.copying.adopting import Adopted
from openab_auth.storage.errors import StoreClosedError
from tests.storage.copying.stores import LOGINS, Ground, fill
from tests.storage.entries import put, token
from tests.support import strict_reader


def adopt(stores: Ground) -> Adopted:
    return adopt_file(stores.file) if stores.to_file else adopt_database(stores.settings)


def test_everything_arrives_and_the_source_keeps_only_access_tokens(stores: Ground) -> None:
    before = fill(stores.source, int(time.time()))

    assert stores.copy() == Copied(len(LOGINS))

    assert stores.target_contents() == before
    assert stores.is_open()
    after = Contents.of(stores.source)
    assert after.records == before.records
    assert after.entries.keys() == before.entries.keys()
    assert not any(map(has_refresh_token, after.entries.values()))
    assert {key: getattr(entry, "access_token", None) for key, entry in after.entries.items()} == {
        key: getattr(entry, "access_token", None) for key, entry in before.entries.items()
    }


def test_the_rust_agents_read_both_files(stores: Ground) -> None:
    fill(stores.source, int(time.time()))

    stores.copy()

    shapes = {key: shape for key, (shape, _) in strict_reader.read(stores.file.path).items()}
    assert shapes == {
        "codex": "token",
        "codex@work": "token",
        "mcp:linear": "mcp",
        "kimi": "token",
        "pending:codex:7": "pending",
    }


def test_the_target_can_be_refreshed_and_a_kept_copy_cannot(stores: Ground) -> None:
    before = fill(stores.source, int(time.time()))

    stores.copy(keep_source=True)

    assert Contents.of(stores.source) == before
    assert not stores.is_open()
    if not stores.to_file:
        with pytest.raises(StoreClosedError):
            stores.database.lease("codex").try_acquire()
    assert adopt(stores).opened
    assert stores.is_open()
    assert stores.target_contents() == before
    assert not adopt(stores).opened


def test_a_kept_copy_can_become_a_move(stores: Ground) -> None:
    before = fill(stores.source, int(time.time()))
    stores.copy(keep_source=True)
    stores.source.update(put("codex", token(value="renewed")))

    stores.copy()

    assert stores.target_contents().entries == {**before.entries, "codex": token(value="renewed")}
    assert not any(map(has_refresh_token, stores.source.read().values()))


def test_a_refresh_under_way_is_waited_for(stores: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(stores.source, int(time.time()))
    lease = stores.source.lease("codex")
    assert lease.try_acquire()
    waited: list[float] = []

    def finish(seconds: float) -> None:
        """The holder of the lease commits what its vendor answered."""
        waited.append(seconds)
        if len(waited) == 3:
            stores.source.update(put("codex", token(value="renewed")))
            lease.release()

    monkeypatch.setattr(time, "sleep", finish)
    stores.copy()

    assert len(waited) >= 3
    assert stores.target_contents().entries["codex"] == token(value="renewed")


def test_a_refresh_that_does_not_end_leaves_the_source_whole(stores: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fill(stores.source, int(time.time()))
    lease = stores.source.lease("codex")
    assert lease.try_acquire()
    monkeypatch.setattr(copying, "_PATIENCE", 0.0)

    with pytest.raises(CopyBusyError, match="another process refreshes a login"):
        stores.copy()

    assert Contents.of(stores.source) == before
    assert not stores.is_open()


def test_a_login_that_comes_in_during_the_copy_is_copied(stores: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(stores.source, int(time.time()))
    target = stores.target()
    fill_target, fills = target.fill, []

    def fill_and_log_in(contents: Contents) -> None:
        fill_target(contents)
        fills.append(contents)
        if len(fills) == 2:
            stores.source.update(put("late", token("late")))

    monkeypatch.setattr(target, "fill", fill_and_log_in)
    copy_store(stores.source, stores.place, target)

    assert stores.target_contents().entries["late"] == token("late")
    assert stores.source.read()["late"] == token("late", refresh_token=Secret(""))


def test_a_logout_during_the_copy_stays_a_logout(stores: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(stores.source, int(time.time()))
    target = stores.target()
    fill_target, fills = target.fill, []

    def fill_and_log_out(contents: Contents) -> None:
        fill_target(contents)
        fills.append(contents)
        if len(fills) == 2:
            stores.source.update(lambda draft: draft.pop("codex"))

    monkeypatch.setattr(target, "fill", fill_and_log_out)
    copy_store(stores.source, stores.place, target)

    assert "codex" not in stores.target_contents().entries


def test_an_empty_source_is_refused(stores: Ground) -> None:
    with pytest.raises(NothingToCopyError):
        stores.copy()


def test_a_target_with_logins_is_left_alone(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    other = stores.file if stores.to_file else stores.database
    other.update(put("codex", token(value="other")))

    with pytest.raises(TargetNotEmptyError):
        stores.copy()

    assert dict(other.read()) == {"codex": token(value="other")}
    assert stores.is_open()


def test_the_copy_of_another_store_is_left_alone(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    stores.copy(keep_source=True)

    with pytest.raises(ForeignCopyError, match="is a copy of"):
        copy_store(stores.source, "elsewhere", stores.target())


def test_a_finished_copy_is_not_made_again(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    stores.copy()
    before = stores.target_contents()

    if stores.to_file:
        with pytest.raises(TargetNotEmptyError):
            stores.copy()
    else:
        assert stores.copy().was_complete
        stores.source.update(put("codex", token(value="new login")))
        with pytest.raises(TargetNotEmptyError):
            stores.copy()

    assert stores.target_contents() == before
