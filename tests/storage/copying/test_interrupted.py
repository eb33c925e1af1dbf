"""A copy that ends before or after any of its writes: nothing is lost, nothing is live twice, and it continues."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from openab_auth.storage import Entry
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying import TargetNotEmptyError
from tests.storage.copying.interruptions import interrupt, interrupt_after_filling, renewable
from tests.storage.copying.stores import Ground, Interrupter, fill, ground
from tests.storage.entries import put, token
from tests.support.postgres.server import Server


def steps_of(stores: Ground) -> int:
    """Return how many steps a copy without an interruption has."""
    counter = Interrupter(at=0)
    with counter.active():
        stores.copy()
    return counter.steps


@pytest.mark.parametrize("to_file", [False, True], ids=["to PostgreSQL", "to a file"])
def test_wherever_it_ends_it_continues(postgres: Server, schema: str, tmp_path: Path, to_file: bool) -> None:
    with ground(
        postgres, "steps" + tmp_path.name.replace("-", "_")[:40].lower(), tmp_path / "0", to_file=to_file
    ) as one:
        fill(one.source, int(time.time()))
        steps = steps_of(one)

    assert steps > 10
    for at in range(1, steps + 1):
        with ground(postgres, f"{schema}_{at}", tmp_path / str(at), to_file=to_file) as stores:
            before = fill(stores.source, int(time.time()))
            interrupt(stores, at)

            assert not (stores.is_open() and stores.target_contents().entries and renewable(stores)), at
            with contextlib.suppress(TargetNotEmptyError):  # the last step of all was the last of the copy
                stores.copy()
            assert stores.target_contents() == before, at
            assert stores.is_open()
            assert not renewable(stores), at


def test_a_renewal_between_two_runs_arrives(stores: Ground) -> None:
    before = fill(stores.source, int(time.time()))
    interrupt_after_filling(stores)
    stores.source.update(put("codex", token(value="renewed")))

    stores.copy()

    expected: dict[str, Entry] = {**before.entries, "codex": token(value="renewed")}
    assert stores.target_contents() == Contents(expected, before.records)


def test_a_logout_between_two_runs_stays_a_logout(stores: Ground) -> None:
    fill(stores.source, int(time.time()))
    interrupt_after_filling(stores)
    stores.source.update(lambda draft: draft.pop("codex"))

    stores.copy()

    assert "codex" not in stores.target_contents().entries


@pytest.mark.parametrize("tenant", ["codex", "new"])
def test_a_login_in_the_target_between_two_runs_stays(stores: Ground, tenant: str) -> None:
    fill(stores.source, int(time.time()))
    interrupt_after_filling(stores)
    target = stores.file if stores.to_file else stores.database
    target.update(put(tenant, token(tenant, "made there")))

    stores.copy()

    assert stores.target_contents().entries[tenant] == token(tenant, "made there")
