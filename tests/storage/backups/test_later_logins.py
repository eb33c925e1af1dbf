"""Which login of the store stays when a backup has another one: a later token, or one that a person made later."""

from __future__ import annotations

import time

import pytest

from openab_auth.storage import NOTES, Secret
from openab_auth.storage.entries import NEVER
from openab_auth.storage.records.notes import DeadToken
from tests.storage.backups.grounds import Ground, logged_in_again, name_generation, renewed
from tests.storage.copying.stores import fill
from tests.storage.entries import put, token, token_in


def test_a_later_token_of_the_same_login_stays(ground: Ground) -> None:
    fill(ground.store, int(time.time()))
    ground.store.update(name_generation)
    path = ground.back_up()
    ground.store.update(renewed("later"))

    done = ground.restore(path)

    assert done.waiting == ()
    assert token_in(ground.store.read()).refresh_token.reveal() == "rt-later"


@pytest.mark.parametrize("expires_at", [1_700_000_000, 1_800_007_200, NEVER])
def test_a_later_token_stays_whenever_it_ends(ground: Ground, expires_at: int) -> None:
    """A vendor may give its next tokens a shorter time, or none at first and one later."""
    ground.store.update(renewed("of the backup", NEVER))
    ground.store.update(name_generation)
    path = ground.back_up()
    ground.store.update(renewed("later", expires_at))

    done = ground.restore(path)

    assert (done.waiting, done.kept, done.newer) == ((), ("codex",), ())
    assert ground.posted() == {"rt-later"}


def test_a_token_that_the_vendor_ended_gives_way_to_that_of_the_backup(ground: Ground) -> None:
    ground.store.update(renewed("of the backup"))
    ground.store.update(name_generation)
    path = ground.back_up()
    ground.store.update(renewed("ended"))
    dead = DeadToken(Secret("rt-ended").fingerprint(), "invalid_grant", 1_800_000_000)
    ground.store.update(lambda draft: draft.notes.update(codex=draft.notes["codex"]._replace(dead=dead)))

    assert ground.restore(path).waiting == ("codex",)

    ground.adopt()
    assert ground.posted() == {"rt-of the backup"}


def test_a_login_that_a_person_made_after_the_backup_stays_and_is_named(ground: Ground) -> None:
    ground.store.update(logged_in_again("first", 1_790_000_000))
    path = ground.back_up()
    ground.store.update(logged_in_again("second", 1_800_000_100))

    done = ground.restore(path)

    assert (done.waiting, done.kept, done.newer) == ((), ("codex",), ("codex",))
    assert ground.posted() == {"rt-second"}
    assert ground.store.records(NOTES)["codex"].generation == "the login second"


@pytest.mark.parametrize("at", [1_700_000_000, 1_790_000_000, None])
def test_another_login_that_may_be_older_is_replaced_by_one_that_waits(in_file: Ground, at: int | None) -> None:
    in_file.store.update(logged_in_again("of the backup", 1_790_000_000))
    path = in_file.back_up()
    in_file.store.update(logged_in_again("other", at))

    assert in_file.restore(path).waiting == ("codex",)

    in_file.adopt()
    assert in_file.posted() == {"rt-of the backup"}


def test_the_right_backup_takes_the_place_of_a_wrong_one(ground: Ground) -> None:
    """Nothing was refreshed meanwhile, so the tokens of the wrong backup are not later than those of the right one."""
    ground.store.update(renewed("old"))
    ground.store.update(name_generation)
    wrong = ground.back_up()
    ground.store.update(renewed("right", 1_800_000_000))
    right = ground.back_up()
    ground.lose()
    ground.restore(wrong)

    assert ground.restore(right).waiting == ("codex",)

    ground.adopt()
    assert ground.posted() == {"rt-right"}


def test_a_later_token_stays_through_a_second_restore(ground: Ground) -> None:
    ground.store.update(put("codex@work", token("codex@work", "work")))
    ground.store.update(renewed("old", NEVER))
    ground.store.update(name_generation)
    path = ground.back_up()
    ground.store.update(renewed("later"))
    ground.store.update(lambda draft: draft.pop("codex@work"))
    assert ground.restore(path).waiting == ("codex@work",)

    done = ground.restore(path)

    assert (done.kept, done.waiting, done.is_open) == (("codex",), ("codex@work",), False)

    ground.adopt()
    assert ground.posted() == {"rt-later", "rt-work"}
