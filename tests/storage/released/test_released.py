"""Today's code reads and writes the stores of every released version, and loses nothing that they hold."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openab_auth.storage import Draft, FileStore, Store
from openab_auth.storage.backups.restoring import restore_database, restore_file
from openab_auth.storage.contents import Contents
from openab_auth.storage.copying import adopt_database, adopt_file
from openab_auth.storage.postgres import PostgresStore
from openab_auth.storage.postgres.upkeep import making
from openab_auth.storage.records import KINDS
from tests.storage.entries import NOW, put, token
from tests.storage.released.releases import KEY, RELEASES, load, settings_in
from tests.support import strict_reader
from tests.support.postgres.server import Server

of_every_release = pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)


def lost(expected: object, found: object, at: str = "") -> list[str]:
    """Return the places of members that the first JSON value has, and the second has not or has with other values."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return [place for name, value in expected.items() for place in lost(value, found.get(name), f"{at}/{name}")]
    return [] if expected == found else [at]


def as_json(contents: Contents) -> dict[str, Any]:
    found = contents.to_json()
    return {"entries": json.loads(str(found["entries"])), "records": found["records"]}


def expected_of(release: Path, kind: str) -> dict[str, Any]:
    found = json.loads((release / f"expected-{kind}.json").read_text())
    return {"entries": json.loads(found["entries"]), "records": found["records"]}


def rewrite_everything(store: Store) -> None:
    """Write every entry and every record again, as a refresh, a login and a choice in a thread do."""

    def write(draft: Draft) -> None:
        contents = Contents.in_draft(draft)
        draft["more"] = token("more")
        draft.update(contents.entries)
        for kind in KINDS:
            draft.records(kind).update(contents.records[kind.name])

    store.update(write)
    store.update(lambda draft: draft.pop("more"))


def copy_of(release: Path, place: Path) -> FileStore:
    shutil.copytree(release / "file", place)
    for path in place.iterdir():
        path.chmod(0o600)  # git keeps no such mode
    return FileStore(place / "auth.json", clock=lambda: NOW)


def test_this_version_was_written_when_it_was_released() -> None:
    changelog = Path(__file__).parents[3] / "CHANGELOG.md"
    released = {line.split("]")[0][4:] for line in changelog.read_text().splitlines() if line.startswith("## [")}
    assert {release.name for release in RELEASES} >= {name for name in released if name != "Unreleased"}
    version = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]["version"]
    assert version in released


@of_every_release
def test_a_file_is_read_and_written_without_a_loss(release: Path, tmp_path: Path) -> None:
    store = copy_of(release, tmp_path / "agent")
    expected = expected_of(release, "file")

    assert not [problem for problem in store.problems() if problem.damage]
    assert lost(expected, as_json(Contents.of(store))) == []
    rewrite_everything(store)

    assert lost(expected, as_json(Contents.of(FileStore(store.path, clock=lambda: NOW)))) == []
    assert not list(tmp_path.glob("agent/*.spill.*"))  # its login is committed
    raw = {key: entry for key, (_, entry) in strict_reader.read(store.path).items()}
    assert lost(expected["entries"], raw) == []


@of_every_release
def test_a_database_is_migrated_read_and_written_without_a_loss(
    release: Path, postgres: Server, schema: str, tmp_path: Path
) -> None:
    load(postgres, schema, release)
    making.make_store(settings_in(postgres, schema, tmp_path / "journal", "owner"), grant="rows")
    store = PostgresStore(settings_in(postgres, schema, tmp_path / "journal"), clock=lambda: NOW)
    expected = expected_of(release, "database")

    assert not store.problems()
    assert lost(expected, as_json(Contents.of(store))) == []
    rewrite_everything(store)
    store.close()

    again = PostgresStore(settings_in(postgres, schema, tmp_path / "journal"), clock=lambda: NOW)
    assert lost(expected, as_json(Contents.of(again))) == []
    again.close()


@of_every_release
def test_its_backups_are_restored(release: Path, postgres: Server, schema: str, tmp_path: Path) -> None:
    backups = [shutil.copy(release / f"{kind}.backup", tmp_path) for kind in ("file", "database")]
    for path in backups:
        Path(path).chmod(0o600)
    settings = settings_in(postgres, schema, tmp_path / "journal")
    making.make_store(settings_in(postgres, schema, tmp_path / "journal", "owner"), grant="rows")
    file, database = FileStore(tmp_path / "agent/auth.json"), PostgresStore(settings)

    restore_file(file, Path(backups[0]), replace=False)
    restore_database(settings, Path(backups[1]), replace=False)
    adopt_file(file)
    adopt_database(settings)

    expected = expected_of(release, "database")
    expected["entries"].pop("pending:codex:7")
    for store in (file, database):
        assert lost(expected, as_json(Contents.of(store))) == []
    database.close()


def test_a_loss_would_be_noticed(tmp_path: Path) -> None:
    store = copy_of(RELEASES[-1], tmp_path / "agent")
    expected = expected_of(RELEASES[-1], "file")
    store.update(put("lab", token("lab", "lab")))

    assert lost(expected, as_json(Contents.of(store))) == ["/entries/lab/later"]


def test_the_key_of_these_folders_is_no_secret() -> None:
    assert KEY.endswith("=")
