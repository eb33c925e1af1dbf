"""`openab-auth store backup` and `store restore`, as an operator runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from openab_auth.storage import FileStore, Note, Secret
from openab_auth.storage.postgres.sealed.keys import new_key
from tests.storage.entries import put, token, token_in
from tests.support.postgres.server import ROWS, Server

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEY = new_key().reveal()


def test_a_lost_file_comes_back_and_waits_for_the_adoption(call: Run, run: Run, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "monday"
    made = call("store", "backup", path, "--json")
    assert json.loads(made.stdout) | {"made_at": 0} == {
        "store": str(file),
        "backup": str(path),
        "logins": 1,
        "made_at": 0,
        "key": None,
    }
    assert "everybody who can read it can use" in call("store", "backup", tmp_path / "again").stdout
    shutil.rmtree(file.parent)

    done = call("store", "restore", path)

    assert done.returncode == 0
    assert "waiting: codex" in done.stdout
    assert "run `openab-auth store adopt`" in done.stdout
    assert "canary" not in done.stdout + made.stdout
    assert run("token", "codex").stdout == "at\n"
    refused = call("refresh", "codex")
    assert (refused.returncode, "store adopt" in refused.stderr) == (6, True)
    status = json.loads(call("status", "--json").stdout)
    assert status["logins"][0]["state"] == "ok"
    assert [problem["what"] for problem in status["problems"]] == [
        "restored logins are not refreshed, because their tokens may be spent: codex"
    ]
    assert "may be spent" in call("store", "adopt").stdout
    assert json.loads(file.read_text())["codex"]["refresh_token"] == "canary-rt"
    assert json.loads(call("status", "--json").stdout)["problems"] == []


def test_a_refused_token_of_a_waiting_login_ends_nothing(call: Run, file: Path, tmp_path: Path) -> None:
    call("store", "backup", tmp_path / "b")
    shutil.rmtree(file.parent)
    call("store", "restore", tmp_path / "b")

    refused = call("refresh", "codex", "--rejected", text="at")

    assert refused.returncode == 6
    assert json.loads(call("status", "--json").stdout)["logins"][0]["state"] == "ok"


def test_logins_that_wait_are_not_copied_without_their_tokens(call: Run, file: Path, tmp_path: Path) -> None:
    call("store", "backup", tmp_path / "b")
    shutil.rmtree(file.parent)
    call("store", "restore", tmp_path / "b")

    done = call("store", "copy", file, "postgresql:///nowhere")

    assert (done.returncode, "wait for `openab-auth store adopt`" in done.stderr) == (2, True)


def test_an_encrypted_database_comes_back(
    call: Run, home: Path, postgres: Server, schema: str, file: Path, tmp_path: Path
) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f'[store]\nschema = "{schema}"\nkeys = ["a=env:KEY"]\n')
    url, env = postgres.url(ROWS), {"KEY": KEY}
    assert call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=env).returncode == 0
    call("store", "copy", file, url, env=env)
    path = tmp_path / "b"

    made = call("store", "backup", path, "--store", url, env=env)
    postgres.execute(f"DROP SCHEMA {schema} CASCADE")
    call("store", "init", "--grant", ROWS, "--store", postgres.url(), env=env)
    done = json.loads(call("store", "restore", path, "--store", url, "--json", env=env).stdout)

    assert "encrypted with the key a" in made.stdout
    assert "canary" not in path.read_text()
    assert (done["logins"], done["open"], done["waiting"]) == (1, False, ["codex"])
    refused = call("refresh", "codex", "--store", url, env=env)
    assert (refused.returncode, "store adopt" in refused.stderr) == (6, True)
    assert json.loads(call("store", "adopt", "--store", url, "--json", env=env).stdout)["opened"]
    wrong = call("store", "restore", path, "--store", url, "--replace", env={"KEY": new_key().reveal()})
    assert (wrong.returncode, "the key 'a' in [store] keys is not" in wrong.stderr) == (6, True)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("backup",), 2, "one FILE after `backup`"),
        (("backup", "a", "b"), 2, "one FILE after `backup`"),
        (("backup", "x", "--replace"), 2, "--replace belongs to `restore`"),
        (("backup", "there"), 2, "name another FILE"),
        (("backup", "nowhere/x"), 6, "nowhere"),
        (("restore", "there"), 6, "is no backup of openab-auth"),
        (("restore", "nowhere"), 6, "could not be read"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(
    call: Run, home: Path, file: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    (home / "there").write_text("canary")
    before = file.read_bytes()

    done = call("store", *words)

    assert (done.returncode, said in done.stderr) == (status, True), done.stderr
    assert "canary" not in done.stderr
    assert file.read_bytes() == before
    assert (home / "there").read_text() == "canary"


def test_a_mirror_is_neither_backed_up_nor_restored(call: Run, file: Path, tmp_path: Path) -> None:
    call("store", "backup", tmp_path / "b")
    file.with_name("auth.json.mirror").touch()

    for action in ("backup", "restore"):
        done = call("store", action, tmp_path / action[0])
        assert (done.returncode, "the store that it mirrors" in done.stderr) == (2, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_a_backup_that_another_user_could_have_written_is_refused(
    call: Run, file: Path, tmp_path: Path, whose: str
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    path = folder / "monday"
    call("store", "backup", path)
    before = file.read_bytes()
    os.chown(path if whose == "file" else folder, 4711, 4711)

    done = call("store", "restore", path, "--replace")

    assert (done.returncode, done.stdout) == (6, "")
    assert "belongs to uid 4711" in done.stderr
    assert "copy it into a folder of your own" in done.stderr
    assert file.read_bytes() == before


def test_a_login_that_was_made_after_the_backup_stays_and_is_named(call: Run, file: Path, tmp_path: Path) -> None:
    store, path = FileStore(file), tmp_path / "monday"
    store.update(lambda draft: draft.notes.update(codex=Note(generation="first", logged_in_at=1)))
    call("store", "backup", path)
    entry = replace(token_in(store.read()), refresh_token=Secret("canary-2"))
    store.update(put("codex", entry))
    store.update(lambda draft: draft.notes.update(codex=Note(generation="second", logged_in_at=2)))

    done = call("store", "restore", path, "--replace")

    assert done.returncode == 0
    assert "kept: codex\nThese logins were made after those of the backup" in done.stdout
    assert "waiting" not in done.stdout
    assert token_in(FileStore(file).read()).refresh_token.reveal() == "canary-2"


def test_the_name_of_a_restored_login_forges_no_line(call: Run, file: Path, tmp_path: Path) -> None:
    name, path = "codex\nproblem: none", tmp_path / "monday"
    FileStore(file).update(put(name, token(name)))
    call("store", "backup", path)
    file.unlink()

    told = call("store", "restore", path).stdout + call("status").stdout

    assert "codex problem: none" in told
    assert "\nproblem: none" not in told
