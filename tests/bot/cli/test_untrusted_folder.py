"""A command in a stranger's repository: no file there changes what the command does."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
STOLEN = "code of the stranger ran"
COMMAND = (str(Path(sys.executable).with_name("openab-auth")),)
MODULE, SAFE_MODULE = (sys.executable, "-m", "openab_auth"), (sys.executable, "-P", "-m", "openab_auth")


@pytest.fixture
def repository(home: Path) -> Path:
    repository = home / "repository"
    repository.mkdir()
    return repository


@pytest.fixture
def store(home: Path) -> Path:
    """Write a valid login at Codex."""
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    entry = {
        "access_token": "ours",
        "refresh_token": "r",
        "token_endpoint": "https://127.0.0.1:9/",
        "provider": "codex",
    }
    store.write_text(json.dumps({"codex": entry | {"expires_at": int(time.time()) + 3600}}))
    store.chmod(0o600)
    return store


def program(path: Path) -> None:
    """Write an executable that belongs to the stranger."""
    path.write_text(f"#!/bin/sh\necho {STOLEN}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    "words",
    [
        ("vendors",),
        ("status",),
        ("token", "codex"),
        ("token", "codex", "--min-ttl", "300"),
        ("refresh", "nobody"),
        ("login", "codex"),
        ("complete", "codex", "x"),
        ("cancel", "codex"),
        ("logout", "codex", "--local"),
        ("exec", "codex", "--", "true"),
        ("doctor",),
        ("run",),
    ],
)
def test_no_command_reads_a_config_there(
    words: tuple[str, ...], run: Run, home: Path, repository: Path, store: Path
) -> None:
    """The file is no TOML, so reading it would fail visibly."""
    (home / ".config/openab-auth/config.toml").write_text("[auth]\nvendors = []\n")
    for name in ("openab-auth.toml", "config.toml", "openab-auth/config.toml", ".config/openab-auth/config.toml"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("[stranger")

    done = run(*words, folder=repository, env={"XDG_CONFIG_HOME": "", "OPENAB_AUTH_CONFIG": ""})

    assert "TOML" not in done.stdout + done.stderr
    assert done.returncode in (
        {0} if words[0] in {"vendors", "status", "token", "exec", "logout"} else {0, 1, 2, 3, 7, 8}
    )


@pytest.mark.parametrize("words", [("token", "codex"), ("status",)])
def test_what_is_no_file_in_the_place_of_the_config_is_named_at_once(
    words: tuple[str, ...], run: Run, home: Path, store: Path
) -> None:
    os.mkfifo(home / ".config/openab-auth/config.toml")

    done = run(*words)

    assert done.returncode == 2
    assert "config.toml: is a FIFO, not a file" in done.stderr


def loaded_by_python(folder: Path) -> set[str]:
    """Return the modules that Python loads before the first line of a program started with `-m`."""
    (folder / "first.py").write_text("import sys; print(*sys.modules)")
    done = subprocess.run([sys.executable, "-m", "first"], cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("start", [COMMAND, SAFE_MODULE, MODULE], ids=["command", "python -P -m", "python -m"])
def test_no_module_there_is_imported(
    start: tuple[str, ...], home: Path, repository: Path, store: Path, tmp_path: Path
) -> None:
    """The folder has modules with the names of ours, of Python's, and of every installed package."""
    (home / ".config/openab-auth/config.toml").write_text("[auth]\nvendors = []\n")
    optional = {
        "sitecustomize",
        "usercustomize",
        "brotli",
        "zstandard",
        "h2",
        "socksio",
        "orjson",
        "uvloop",
        "truststore",
    }
    names = {"openab_auth", "bot", "cogs", "oauth", "storage", *optional, *sys.stdlib_module_names}
    names |= set(importlib.metadata.packages_distributions())
    if start == MODULE:  # Python finds these before there is any code of ours
        names -= {"openab_auth", *loaded_by_python(tmp_path)}
    for name in filter(str.isidentifier, names):
        (repository / f"{name}.py").write_text(f"import os; os.write(2, b'{STOLEN}: {name}\\n')\nraise ImportError")

    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    for words in (("token", "codex"), ("vendors",), ("refresh", "nobody"), ("doctor",)):
        command = [*start, *words]
        done = subprocess.run(command, cwd=repository, env=environ, capture_output=True, text=True, check=False)

        assert STOLEN not in done.stderr
        assert "Traceback" not in done.stderr
        assert done.returncode == (3 if words[0] == "refresh" else 0), done.stdout + done.stderr


@pytest.mark.parametrize("entry", ["", ".", "bin"])
def test_no_program_there_is_found_by_its_name(entry: str, run: Run, home: Path, repository: Path, store: Path) -> None:
    """An empty or relative entry of PATH means the working directory."""
    (home / ".config/openab-auth/config.toml").write_text('[vendors.own]\nflow = "command"\ncommand = ["own-login"]\n')
    (repository / "bin").mkdir()
    for folder in (repository, repository / "bin"):
        program(folder / "own-login")
        program(folder / "printenv")
    path = f"{entry}:{os.defpath}:{entry}"

    by_name = run("exec", "codex", "--", "own-login", folder=repository, env={"PATH": path})
    known = run("exec", "codex", "--", "printenv", "OPENAI_API_KEY", folder=repository, env={"PATH": path})
    login = run("login", "own", folder=repository, env={"PATH": path})
    typed = run("exec", "codex", "--", "./own-login", folder=repository, env={"PATH": path})

    assert (by_name.returncode, by_name.stdout) == (127, "")
    assert (known.returncode, known.stdout) == (0, "ours\n")
    assert STOLEN not in login.stdout
    assert "'own-login'" in login.stderr
    assert typed.stdout == f"{STOLEN}\n"  # a person's own word


def test_a_login_program_starts_at_home_and_finds_no_program_there_either(
    run: Run, home: Path, repository: Path, store: Path
) -> None:
    """Some login programs read a project's config from their folder, and load its plugins."""
    program(repository / "own-helper")
    command = json.dumps(["/bin/sh", "-c", "pwd; own-helper; echo $PATH"])
    (home / ".config/openab-auth/config.toml").write_text(f'[vendors.own]\nflow = "command"\ncommand = {command}\n')

    done = run("login", "own", folder=repository, env={"PATH": f"::.:{os.defpath}"})

    assert done.stdout.splitlines()[:2] == [str(home.resolve()), os.defpath]
    assert STOLEN not in done.stdout


@pytest.mark.parametrize("variable", ["OPENAB_AUTH_STORE", "OPENAB_AUTH_CONFIG"])
def test_a_relative_path_in_a_variable_is_wrong_usage(variable: str, run: Run, repository: Path, store: Path) -> None:
    (repository / "file").write_bytes(store.read_bytes().replace(b"ours", b"stranger's"))

    done = run("token", "codex", folder=repository, env={variable: "file"})

    assert (done.returncode, done.stdout) == (2, "")
    assert f"{variable}: must be an absolute path" in done.stderr
