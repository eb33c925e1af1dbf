"""A restored store has everything, and posts no refresh token that may be spent before an operator says so."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from openab_auth.storage import KEYS, BrokerKey, Secret, StoreBusyError
from openab_auth.storage.backups.errors import StoreHasLoginsError
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying import CopyUnfinishedError, PostgresTarget
from openab_auth.storage.errors import StoreClosedError
from tests.storage.backups.grounds import Ground, renewed
from tests.storage.copying.stores import LOGINS, fill
from tests.storage.entries import put, token, token_in
from tests.support import strict_reader


def test_everything_comes_back_and_is_refreshed_after_the_adoption(ground: Ground) -> None:
    before = fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.lose()

    done = ground.restore(path, replace=False)

    assert (done.logins, done.waiting, done.kept) == (len(LOGINS), ("codex", "codex@work", "mcp:linear"), ())
    assert ground.posted() == set()
    assert not ground.is_open()
    assert token_in(ground.store.read()).access_token == token_in(before.entries).access_token
    assert ground.adopt().opened
    after = ground.contents()
    assert after.entries == {key: entry for key, entry in before.entries.items() if not key.startswith("pending:")}
    assert after.records["threads"] == before.records["threads"]
    assert after.records["notes"]["codex"] == before.records["notes"]["codex"]
    assert ground.is_open()
    assert not ground.adopt().opened


def test_rust_agents_read_a_restored_file_and_find_nothing_to_post(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    in_file.lose()

    in_file.restore(path)

    entries = strict_reader.read(in_file.folder / "agent/auth.json")
    assert {key: shape for key, (shape, _) in entries.items()} == {
        "codex": "token",
        "codex@work": "token",
        "mcp:linear": "mcp",
        "kimi": "token",
    }
    assert {entry.get("refresh_token", "") for _, entry in entries.values()} == {""}


def test_a_store_with_logins_is_replaced_only_on_demand(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.store.update(put("more", token("more")))
    before = ground.contents()

    with pytest.raises(StoreHasLoginsError):
        ground.restore(path, replace=False)
    assert ground.contents() == before

    assert ground.restore(path).removed == ("more",)
    assert "more" not in ground.store.read()


def test_a_login_that_was_not_renewed_since_goes_on_at_once(ground: Ground) -> None:
    before = fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.store.update(lambda draft: draft.pop("kimi"))

    done = ground.restore(path)

    assert (done.waiting, done.is_open) == ((), True)
    assert ground.is_open()
    assert ground.contents() == before


def test_the_journal_knows_the_token_after_the_backup(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    held = token_in(ground.store.read())
    lease = ground.store.lease("codex")
    assert lease.try_acquire()
    assert ground.store.spill("codex", token(value="spilled"), held)
    lease.release()
    if ground.settings is None:  # the disk is new, and the journal survived on another one
        (ground.folder / "agent/auth.json").unlink()
    else:
        ground.store.update(lambda draft: None)
        ground.store.close()  # the rotation is in the journal

    done = ground.restore(path)

    assert "codex" not in done.waiting
    ground.adopt()
    assert token_in(ground.store.read()).refresh_token.reveal() == "rt-spilled"


def test_a_refresh_under_way_is_not_lost(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.store.update(renewed("newer, of nobody knows whom"))
    before = ground.contents()
    lease = ground.store.lease("codex")
    assert lease.try_acquire()
    assert lease.mark_posted(1.0)

    with pytest.raises(StoreBusyError):
        ground.restore(path)

    assert ground.contents() == before
    assert ground.is_open()
    ground.store.update(renewed("answered"))
    lease.release()
    assert token_in(ground.store.read()).refresh_token.reveal() == "rt-answered"


def test_the_right_of_a_running_bot_to_post_is_no_refresh_and_stays(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    bot = str(uuid4())
    assert ground.store.timed_lease("posting.7").take(bot, 60.0)

    ground.restore(path)

    assert not ground.store.timed_lease("posting.7").take(str(uuid4()), 60.0)
    assert ground.store.timed_lease("posting.7").take(bot, 60.0)


def test_a_closed_database_gives_nobody_a_lease(in_database: Ground) -> None:
    fill(in_database.store, int(time.time()))
    path = in_database.back_up()
    in_database.lose()
    in_database.restore(path)

    with pytest.raises(StoreClosedError):
        in_database.store.lease("codex").try_acquire()


def test_a_second_restore_opens_nothing(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.lose()
    ground.restore(path)

    ground.restore(path)

    assert ground.posted() == set()
    ground.adopt()
    assert "rt-at" in ground.posted()


def test_a_login_or_a_logout_before_the_adoption_counts(in_file: Ground) -> None:
    fill(in_file.store, int(time.time()))
    path = in_file.back_up()
    in_file.lose()
    in_file.restore(path)

    in_file.store.update(renewed("new login"))
    in_file.store.update(lambda draft: draft.pop("codex@work"))

    waiting = in_file.folder / "agent/auth.json.restored"
    assert "rt-work" not in waiting.read_text()
    assert "rt-at" not in waiting.read_text()
    in_file.adopt()
    assert token_in(in_file.store.read()).refresh_token.reveal() == "rt-new login"
    assert "codex@work" not in in_file.store.read()
    assert not waiting.exists()


def test_a_backup_of_logins_that_wait_has_their_tokens(ground: Ground) -> None:
    before = fill(ground.store, int(time.time()))
    path = ground.back_up()
    ground.lose()
    ground.restore(path)

    second = ground.back_up()
    ground.adopt()
    ground.lose()
    ground.restore(second)

    assert ground.posted() == set()
    ground.adopt()
    assert ground.waits() == set()
    assert ground.contents().entries["codex@work"] == before.entries["codex@work"]


def test_a_half_filled_copy_is_neither_backed_up_nor_restored(in_database: Ground) -> None:
    assert in_database.settings is not None
    fill(in_database.store, int(time.time()))
    path = in_database.back_up()
    in_database.lose()
    PostgresTarget(in_database.settings).begin("elsewhere")

    with pytest.raises(CopyUnfinishedError):
        in_database.back_up()
    with pytest.raises(CopyUnfinishedError):
        in_database.restore(path)


def test_a_person_who_logs_in_while_a_backup_is_restored_can_go_on(ground: Ground) -> None:
    before = fill(ground.store, int(time.time()))
    path = ground.back_up()

    ground.restore(path)

    assert ground.store.read()["pending:codex:7"] == before.entries["pending:codex:7"]


def test_keys_of_a_broker_are_those_of_the_backup(ground: Ground) -> None:
    key = BrokerKey("0" * 64, ("codex",))
    fill(ground.store, int(time.time()))
    ground.store.update(lambda draft: draft.records(KEYS).update(abcd=key))
    path = ground.back_up()
    ground.store.update(lambda draft: draft.records(KEYS).clear())

    assert ground.restore(path).keys == 1
    assert ground.store.records(KEYS) == {"abcd": key}


def test_a_backup_of_a_file_goes_into_a_database(in_file: Ground, in_database: Ground) -> None:
    before = fill(in_file.store, int(time.time()))

    in_database.restore(in_file.back_up())

    in_database.adopt()
    assert in_database.contents().entries["codex@work"] == before.entries["codex@work"]


def test_a_closed_store_stays_closed(in_database: Ground) -> None:
    fill(in_database.store, int(time.time()))
    path = in_database.back_up()
    in_database.lose()
    in_database.restore(path)

    in_database.restore(path)  # the very same tokens are there now

    assert not in_database.is_open()


def test_the_contents_show_no_secret(ground: Ground) -> None:
    ground.store.update(put("codex", token(value="canary", refresh_token=Secret("canary"))))

    assert "canary" not in repr(Contents.of(ground.store))
    assert "canary" not in repr(ground.taken(ground.folder / "b"))
