"""`openab-auth store rekey` on a real database: a key is replaced in the order that several-hosts.md gives."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from openab_auth.storage.postgres.sealed.cipher import Cipher
from openab_auth.storage.postgres.sealed.keys import StoreKeys, new_key
from tests.support.postgres.server import Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]
OLD, NEW = new_key(), new_key()
INSERT = "INSERT INTO {}.entries (key, kind, entry, key_id, generation) VALUES ('codex', 'token', %s, %s, %s)"


@pytest.fixture
def keys(home: Path) -> Callable[..., str]:
    """Return a function that writes the keys into the config and returns the schema of the store."""
    schema = f"s{uuid4().hex}"

    def write(*ids: str) -> str:
        listed = ", ".join(f'"{key_id}=env:{key_id.upper()}"' for key_id in ids)
        (home / ".config/openab-auth/config.toml").write_text(f'[store]\nschema = "{schema}"\nkeys = [{listed}]\n')
        return schema

    return write


def test_a_key_is_replaced_and_removed(call: Run, postgres: Server, keys: Callable[..., str]) -> None:
    environ = {"OLD": OLD.reveal(), "NEW": NEW.reveal(), "OPENAB_AUTH_STORE": postgres.url()}
    schema = keys("old")
    made = json.loads(call("store", "init", "--json", env=environ).stdout)
    sealed, _ = Cipher(UUID(made["id"]), StoreKeys({"old": OLD})).seal("entries", "token", "codex", b"{}")
    postgres.execute(INSERT.format(schema), sealed, "old", uuid4())
    keys("new", "old")

    done = json.loads(call("store", "rekey", "--json", env=environ).stdout)

    assert done == {"store": postgres.url(), "rows": 1, "damaged": [], "left": {}}
    keys("new")
    again = call("store", "rekey", env=environ)
    assert (again.returncode, "0 rows were encrypted with the key new" in again.stdout) == (0, True)


def test_rows_that_need_another_key_are_counted(call: Run, postgres: Server, keys: Callable[..., str]) -> None:
    environ = {"OLD": OLD.reveal(), "NEW": NEW.reveal(), "OPENAB_AUTH_STORE": postgres.url()}
    schema = keys("new", "old")
    call("store", "init", env=environ)
    postgres.execute(INSERT.format(schema), b"damaged", "old", uuid4())

    done = call("store", "rekey", env=environ)

    assert done.returncode == 1
    assert "1 rows need the key old" in done.stdout
    assert "'codex'" in done.stdout


def test_a_missing_key_is_status_2(call: Run, postgres: Server, keys: Callable[..., str]) -> None:
    environ = {"OLD": OLD.reveal(), "NEW": NEW.reveal(), "OPENAB_AUTH_STORE": postgres.url()}
    keys("old")
    call("store", "init", env=environ)
    keys("new")

    done = call("store", "rekey", "--json", env=environ)

    assert done.returncode == 2
    assert json.loads(done.stderr)["error"]["code"] == "unknown_store_key"
