"""`openab-auth store init` on a real database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from openab_auth.storage.postgres.sealed.keys import new_key
from tests.support.postgres.server import ROWS, Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def schema(home: Path) -> str:
    name = f"s{uuid4().hex}"
    config = f'[store]\nschema = "{name}"\nkeys = ["a=env:KEY"]\n'
    (home / ".config/openab-auth/config.toml").write_text(config)
    return name


def test_it_makes_a_store_once_and_says_so(call: Run, postgres: Server, schema: str) -> None:
    environ = {"KEY": new_key().reveal(), "OPENAB_AUTH_STORE": postgres.url()}

    first = json.loads(call("store", "init", "--json", env=environ).stdout)
    second = call("store", "init", "--grant", ROWS, env=environ)

    assert first == {"store": postgres.url(), "schema": schema, "id": first["id"], "made": True}
    assert second.stdout == (
        f"store {postgres.url()}, schema {schema}: it was there already\nrole {ROWS}: may read and change its rows\n"
    )


def test_a_file_needs_no_init(call: Run) -> None:
    done = call("store", "init", "--store", "auth.json")

    assert done.returncode == 2
    assert "auth.json is a file" in done.stderr


def test_another_key_is_status_2_and_changes_nothing(call: Run, postgres: Server, schema: str) -> None:
    call("store", "init", "--store", postgres.url(), env={"KEY": new_key().reveal()})
    before = postgres.execute(f"SELECT * FROM {schema}.store")
    other = new_key().reveal()

    done = call("store", "init", "--store", postgres.url(), "--json", env={"KEY": other})

    assert done.returncode == 2
    assert json.loads(done.stderr)["error"]["code"] == "wrong_store_key"
    assert other not in done.stderr
    assert postgres.execute(f"SELECT * FROM {schema}.store") == before


@pytest.mark.usefixtures("schema")
def test_a_database_that_is_away_is_status_6(call: Run, tmp_path: Path) -> None:
    done = call("store", "init", "--store", f"postgresql:///x?host={tmp_path}", env={"KEY": new_key().reveal()})

    assert done.returncode == 6
    assert "[store] url" in done.stderr
