"""`openab-auth store copy` and `store adopt` on a real file and a real database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.storage.postgres.sealed.keys import new_key
from tests.support.postgres.server import ROWS, Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEY = new_key().reveal()


@pytest.fixture
def url(postgres: Server, schema: str, home: Path, call: Run) -> str:
    """Make a store and return the URL for its rows."""
    config = f'[store]\nschema = "{schema}"\nkeys = ["a=env:KEY"]\n'
    (home / ".config/openab-auth/config.toml").write_text(config)
    assert call("store", "init", "--grant", ROWS, "--store", postgres.url(), env={"KEY": KEY}).returncode == 0
    return postgres.url(ROWS)


def test_a_store_moves_and_agents_get_tokens_from_the_new_place(call: Run, run: Run, file: Path, url: str) -> None:
    done = call("store", "copy", file, url, "--json", env={"KEY": KEY})

    assert json.loads(done.stdout) == {"from": str(file), "to": url, "logins": 1, "open": True}
    assert run("token", "codex", env={"KEY": KEY, "OPENAB_AUTH_STORE": url}).stdout == "at\n"
    assert json.loads(file.read_text())["codex"]["refresh_token"] == ""
    assert "nothing was changed" in call("store", "copy", file, url, env={"KEY": KEY}).stdout


def test_a_store_moves_back(call: Run, file: Path, url: str, tmp_path: Path) -> None:
    call("store", "copy", file, url, env={"KEY": KEY})

    done = call("store", "copy", url, tmp_path / "back.json", env={"KEY": KEY})

    assert done.returncode == 0
    assert json.loads((tmp_path / "back.json").read_text())["codex"]["refresh_token"] == "canary-rt"


def test_a_kept_copy_says_why_it_is_closed_until_it_is_adopted(call: Run, file: Path, url: str) -> None:
    kept = call("store", "copy", file, url, "--keep-source", env={"KEY": KEY})

    assert "both stores hold the same refresh tokens" in kept.stdout
    assert f"store adopt --store '{url}'" in kept.stdout
    assert json.loads(file.read_text())["codex"]["refresh_token"] == "canary-rt"
    refused = call("refresh", "codex", "--store", url, env={"KEY": KEY})
    assert (refused.returncode, "store adopt" in refused.stderr) == (6, True)
    adopted = call("store", "adopt", "--store", url, env={"KEY": KEY})
    assert "may be spent" in adopted.stdout
    assert json.loads(call("store", "adopt", "--store", url, "--json", env={"KEY": KEY}).stdout) == {
        "store": url,
        "opened": False,
        "was_other": False,
    }


def test_a_kept_copy_in_a_file_is_adopted_there(call: Run, file: Path, url: str, tmp_path: Path) -> None:
    call("store", "copy", file, url, env={"KEY": KEY})
    back = tmp_path / "back.json"

    call("store", "copy", url, back, "--keep-source", env={"KEY": KEY})
    assert not back.exists()
    adopted = call("store", "adopt", "--store", back)

    assert "open for refreshes" in adopted.stdout
    assert json.loads(back.read_text())["codex"]["refresh_token"] == "canary-rt"
    assert [path.name for path in tmp_path.iterdir() if "copying" in path.name] == []


def test_a_host_that_worked_with_another_store_adopts_this_one(
    call: Run, file: Path, url: str, postgres: Server, schema: str
) -> None:
    call("store", "copy", file, url, env={"KEY": KEY})
    call("store", "copy", url, file.with_name("first.json"), env={"KEY": KEY})  # takes leases
    postgres.execute(f"DROP SCHEMA {schema} CASCADE")
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env={"KEY": KEY})
    call("store", "copy", file.with_name("first.json"), url, env={"KEY": KEY})

    refused = call("store", "copy", url, file.with_name("second.json"), env={"KEY": KEY})
    adopted = json.loads(call("store", "adopt", "--store", url, "--json", env={"KEY": KEY}).stdout)
    copied = call("store", "copy", url, file.with_name("second.json"), env={"KEY": KEY})

    assert (refused.returncode, "store adopt" in refused.stderr) == (6, True)
    assert adopted == {"store": url, "opened": False, "was_other": True}
    assert copied.returncode == 0


@pytest.mark.parametrize("places", [("a.json", "b.json"), ("postgresql:///a", "postgresql:///b")])
def test_one_file_and_one_database_are_needed(call: Run, places: tuple[str, str]) -> None:
    done = call("store", "copy", *places)

    assert done.returncode == 2
    assert "one file and one PostgreSQL URL" in done.stderr


def test_a_password_in_a_url_is_refused(call: Run, file: Path) -> None:
    done = call("store", "copy", file, "postgresql://a:canary@localhost/x")

    assert done.returncode == 2
    assert "canary" not in done.stderr
    assert "PGPASSFILE" in done.stderr


def test_a_file_without_logins_is_named(call: Run, url: str, tmp_path: Path) -> None:
    done = call("store", "copy", tmp_path / "nowhere.json", url, env={"KEY": KEY})

    assert done.returncode == 2
    assert "nowhere.json holds no login" in done.stderr


def test_a_mirror_is_not_copied(call: Run, file: Path, url: str) -> None:
    file.with_name("auth.json.mirror").touch()

    done = call("store", "copy", file, url, env={"KEY": KEY})

    assert done.returncode == 2
    assert "copy the store that it mirrors" in done.stderr
