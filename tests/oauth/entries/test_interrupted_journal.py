"""Impatient people press Ctrl-C again while the last token response is written into the journal."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from openab_auth.oauth.entries.unsaved import UnsavedLogins
from openab_auth.oauth.entries.unsaved_login import UnsavedLogin
from openab_auth.storage import AsyncStore, FileStore, Store, Tenant
from tests.storage.entries import token


def interrupted(path: Path, times: int) -> tuple[AsyncStore, UnsavedLogin, list[int]]:
    """Return a login whose way into the journal is interrupted `times` times, and the tries."""
    tries: list[int] = []

    def spill(store: Store) -> None:
        tries.append(1)
        if len(tries) <= times:
            raise KeyboardInterrupt
        store.spill(Tenant("lab"), token("lab"), None)

    def commit(_: object) -> None:
        raise OSError(28, "No space left on device")

    return AsyncStore(FileStore(path)), UnsavedLogin(tenant=Tenant("lab"), commit=commit, spill=spill), tries


@pytest.mark.parametrize("times", [1, 2, 7])
async def test_an_interrupt_does_not_keep_a_response_out_of_the_journal(tmp_path: Path, times: int) -> None:
    store, response, tries = interrupted(tmp_path / "auth.json", times)
    unsaved = UnsavedLogins(store)

    with pytest.raises(KeyboardInterrupt):
        unsaved.keep_at_once(response, asyncio.CancelledError())

    assert response.journaled
    assert len(tries) == times + 1
    assert FileStore(tmp_path / "auth.json").read()["lab"] == token("lab")
    await unsaved.aclose()


async def test_the_last_try_of_a_process_that_ends_is_not_interrupted_either(tmp_path: Path) -> None:
    store, response, tries = interrupted(tmp_path / "auth.json", 3)
    unsaved = UnsavedLogins(store)
    unsaved._remember(response, OSError("no journal either"))

    unsaved._give_up()

    assert len(tries) == 4
    assert FileStore(tmp_path / "auth.json").read()["lab"] == token("lab")
