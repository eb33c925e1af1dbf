"""`doctor` on a store in PostgreSQL."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from openab_auth.bot.cli.doctor import database
from openab_auth.storage.postgres.sealed.keys import new_key
from tests.support.postgres.server import ROWS, Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEYS = {"OLD": new_key().reveal(), "NEW": new_key().reveal()}
ENTRY = {"access_token": "at", "refresh_token": "rt", "token_endpoint": "https://x.example/", "provider": "codex"}


@pytest.fixture
def config(home: Path, schema: str) -> Callable[..., None]:
    def write(*keys: str, plaintext: bool = False) -> None:
        listed = ", ".join(f'"{key}=env:{key.upper()}"' for key in keys)
        text = f'[store]\nschema = "{schema}"\nkeys = [{listed}]\nplaintext = {str(plaintext).lower()}\n'
        (home / ".config/openab-auth/config.toml").write_text(text)

    return write


@pytest.fixture
def checks(call: Run, postgres: Server) -> Callable[[], dict[str, dict[str, Any]]]:
    def run() -> dict[str, dict[str, Any]]:
        done = call("doctor", "--for", "agent", "--json", "--store", postgres.url(ROWS), env=KEYS)
        return {check["name"]: check for check in json.loads(done.stdout)["checks"]}

    return run


def test_a_sound_store_passes_and_says_which_keys_rows_need(
    call: Run, postgres: Server, config: Callable[..., None], checks: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    config("old")
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=KEYS)
    (tmp_path / "a.json").write_text(json.dumps({"codex": {**ENTRY, "expires_at": int(time.time()) + 3600}}))
    call("store", "copy", tmp_path / "a.json", postgres.url(ROWS), env=KEYS)
    config("new", "old")

    found = checks()

    assert all(
        found[name]["ok"] for name in ("store", "tables", "rights", "key old", "clock of the database", "journal")
    )
    assert found["key old"]["message"] == "2 rows need this key"
    assert "rekey" in found["key old"]["hint"]
    assert "readable and writable" in found["store"]["message"]
    assert "PostgreSQL" in found["tables"]["message"]


def test_missing_rights_are_named_with_their_repair(
    call: Run, postgres: Server, config: Callable[..., None], checks: Callable[[], dict[str, Any]], schema: str
) -> None:
    config("old")
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=KEYS)
    postgres.execute(f"REVOKE DELETE ON {schema}.leases FROM {ROWS}")

    assert checks()["rights"] == {
        "name": "rights",
        "ok": False,
        "message": "our role lacks rights: delete on leases",
        "hint": "let the owner of the store run `openab-auth store init --grant ROLE` for this role",
    }


def test_a_store_that_nobody_has_made_is_one_failure(
    config: Callable[..., None], checks: Callable[[], dict[str, Any]]
) -> None:
    config("old")

    found = checks()

    assert not found["store"]["ok"]
    assert "store init" in found["store"]["hint"]
    assert "rights" not in found


def test_a_host_that_works_with_another_store_is_told_to_adopt_this_one(
    call: Run, postgres: Server, config: Callable[..., None], checks: Callable[[], dict[str, Any]], home: Path
) -> None:
    config("old")
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=KEYS)
    folder = Path(checks()["journal"]["message"])
    (folder / "store.id").write_text(f"{uuid4()}\n")

    refused = checks()["journal"]
    call("store", "adopt", "--store", postgres.url(ROWS), env=KEYS)

    assert (refused["ok"], "store adopt" in refused["hint"]) == (False, True)
    assert checks()["journal"]["ok"]
    assert folder.is_relative_to(home)


def test_rows_without_encryption_are_pointed_out(
    call: Run, postgres: Server, config: Callable[..., None], checks: Callable[[], dict[str, Any]]
) -> None:
    config(plaintext=True)
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=KEYS)

    assert "without encryption" in checks()["encryption"]["message"]


@pytest.mark.parametrize(("ahead", "ok", "said"), [(0.2, True, "0.2 s ahead"), (-61.0, False, "61.0 s behind")])
def test_a_clock_that_differs_is_a_failure(ahead: float, ok: bool, said: str) -> None:
    check = database._look_at_clock(ahead)

    assert check.ok is ok
    assert said in check.message


def test_a_role_that_is_not_there_is_one_failure_with_its_repair(
    call: Run, postgres: Server, config: Callable[..., None]
) -> None:
    config("old")

    done = call("doctor", "--for", "agent", "--store", postgres.url("nobody_of_this_name"), env=KEYS)

    (failure,) = [line for line in done.stdout.splitlines() if line.startswith("FAIL store")]
    assert "correct the user or the password" in failure
    assert "served from memory" not in done.stderr
