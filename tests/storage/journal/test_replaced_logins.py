"""A spill knows the login that it replaces by its tokens, also where no refresh token tells two logins apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Secret, TokenEntry
from tests.storage.entries import NOW, put, token
from tests.storage.journal.spills import NEW, OLD, place


@pytest.mark.parametrize("refresh", ["", "not rotated"])
def test_a_login_of_another_program_wins_with_the_same_refresh_token(path: Path, refresh: str) -> None:
    old, new, other = (token(value=value, refresh_token=Secret(refresh)) for value in ("at0", "at1", "at2"))
    store = FileStore(path)
    store.update(put("codex", old))
    assert store.spill("codex", replace(new, expires_at=old.expires_at + 10), old)

    path.write_text(path.read_text().replace('"at0"', '"at2"'))
    assert store.read()["codex"] == FileStore(path).read()["codex"] == other
    store.update(lambda draft: None)
    assert store.read()["codex"] == other


@pytest.mark.parametrize("refresh", ["", "not rotated"])
def test_a_second_renewal_without_rotation_replaces_the_first(path: Path, refresh: str) -> None:
    logins = [token(value=f"at{n}", refresh_token=Secret(refresh), expires_at=NOW + 3600 - n) for n in range(3)]
    store = FileStore(path)
    store.update(put("codex", logins[0]))
    assert store.spill("codex", logins[1], logins[0])
    assert store.spill("codex", logins[2], logins[1])
    assert FileStore(path).read()["codex"] == logins[2]


@pytest.mark.parametrize(
    ("renewed", "counts"),
    [
        (NEW, True),
        (replace(OLD, access_token=Secret("at1"), expires_at=OLD.expires_at + 10), True),
        (replace(OLD, access_token=Secret("at1"), expires_at=OLD.expires_at - 10), False),
    ],
    ids=["rotated", "ends later", "ends earlier"],
)
def test_a_spill_of_an_earlier_version_is_still_read(path: Path, renewed: TokenEntry, *, counts: bool) -> None:
    store = FileStore(path)
    store.update(put("codex", OLD))
    assert store.spill("codex", renewed, OLD)
    written = json.loads(place(store).read_text())
    place(store).write_text(json.dumps(written | {"replaces": [OLD.refresh_token.fingerprint()]}))
    assert FileStore(path).read()["codex"] == (renewed if counts else OLD)


def test_an_earlier_spill_without_refresh_tokens_is_still_read(path: Path) -> None:
    old, new = (token(value=value, refresh_token=Secret("")) for value in ("at0", "at1"))
    new = replace(new, expires_at=old.expires_at + 10)
    store = FileStore(path)
    store.update(put("codex", old))
    assert store.spill("codex", new, old)
    written = json.loads(place(store).read_text())
    place(store).write_text(json.dumps(written | {"replaces": [Secret("").fingerprint()]}))
    assert FileStore(path).read()["codex"] == new
