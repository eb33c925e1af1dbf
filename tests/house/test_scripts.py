"""`scripts/run` starts the playground, or the bot if there is a token or a config; a second start installs nothing.

`scripts/setup dev` installs the programs that the tests start.
`scripts/test-pythons` skips a Python that lacks a module, and names it.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a checkout with its own config, already set up; its command is the real command."""
    checkout = tmp_path / "checkout"
    (checkout / "scripts").mkdir(parents=True)
    (checkout / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/run", checkout / "scripts/run")
    (checkout / "scripts/setup").symlink_to("/bin/true")
    (checkout / ".venv/bin/openab-auth").symlink_to(Path(sys.executable).with_name("openab-auth"))
    (checkout / "openab-auth.toml").write_text("[discord]\nthe_checkouts = 1\n")
    return checkout


def start(checkout: Path, folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    command = [str(checkout / "scripts/run"), *words]
    environ = environment(folder) | variables
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_the_config_of_its_checkout_is_named_to_the_bot_and_to_the_person(checkout: Path, home: Path) -> None:
    """The working directory does not matter, and a config in it is ignored."""
    (home / "openab-auth.toml").write_text("[discord]\nthe_folders = 1\n")

    done = start(checkout, home)

    assert done.returncode == 2
    assert f"scripts/run: the config is {checkout}/openab-auth.toml" in done.stderr
    assert "discord.the_checkouts: is not known" in done.stderr


@pytest.mark.parametrize("how", ["--config", "--config=", "variable"])
def test_a_config_that_a_person_names_wins(how: str, checkout: Path, home: Path) -> None:
    named = home / "named.toml"
    named.write_text("[discord]\nthe_persons = 1\n")
    words = {"--config": ("--config", str(named)), "--config=": (f"--config={named}",)}.get(how, ())

    done = start(checkout, home, *words, OPENAB_AUTH_CONFIG=str(named) if how == "variable" else "")

    assert "scripts/run:" not in done.stderr
    assert "discord.the_persons: is not known" in done.stderr


@pytest.mark.parametrize("variable", ["", "elsewhere"])
def test_with_a_config_in_the_standard_place_it_is_the_bot(variable: str, checkout: Path, home: Path) -> None:
    (checkout / "openab-auth.toml").unlink()
    folder = home / (variable or ".config") / "openab-auth"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text("[discord]\nthe_homes = 1\n")

    done = start(checkout, home, XDG_CONFIG_HOME=str(home / variable) if variable else "")

    assert "discord.the_homes: is not known" in done.stderr


def test_it_is_the_playground_and_a_second_start_installs_nothing(home: Path) -> None:
    """The time is CPU time, because other tests run beside this test."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(
        [ROOT / "scripts/run", "--json"],
        cwd=home,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert ready["ready"]
    assert ready["url"].startswith("http://127.0.0.1:")
    assert process.returncode == 0
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 10


@pytest.mark.parametrize("words", [("--config", "my.toml"), ("--config=my.toml",), ("--store", "auth.json")])
def test_with_a_config_or_a_store_it_is_the_bot(words: tuple[str, ...], home: Path) -> None:
    (home / "my.toml").write_text("[discord]\nallow_dm = false\n")

    done = subprocess.run(
        [ROOT / "scripts/run", *words], cwd=home, env=environment(home), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "discord.bot_token: is missing" in done.stderr


@pytest.mark.parametrize("missing", ["ssl", "zlib"])
def test_a_python_without_a_needed_module_is_skipped_and_named(missing: str, checkout: Path, home: Path) -> None:
    """Pyenv builds Python without the modules whose headers the machine had not."""
    shutil.copy(ROOT / "scripts/test-pythons", checkout / "scripts/test-pythons")
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    version = f"3.{sys.version_info.minor + 1}"
    (checkout / "pyproject.toml").write_text(f'"Programming Language :: Python :: {version}",\n')
    broken = home / f".pyenv/versions/{version}.1/bin/python"
    broken.parent.mkdir(parents=True)
    broken.write_text(f"""#!{sys.executable}
import sys
sys.version_info = (3, {sys.version_info.minor + 1}, 1, "final", 0)
sys.modules[{missing!r}] = None
exec(sys.argv[2])
""")
    broken.chmod(0o755)

    done = subprocess.run(
        ["bash", checkout / "scripts/test-pythons"],
        env={"PATH": os.defpath, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    skipped, none = done.stderr.splitlines()
    assert f"Python {version}: {broken} is skipped: ModuleNotFoundError: import of {missing} halted" in skipped
    assert none.endswith(f"Python {version}: none on this machine")


APT_GET = """#!/bin/bash
echo "$DEBIAN_FRONTEND $* $(/usr/sbin/policy-rc.d; echo $?)" >> "$HOME/asked"
[[ "$*" != *install* ]]
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")
def test_setup_installs_the_tests_programs_and_starts_no_server(home: Path) -> None:
    """A server that Debian starts beside ours would take its port, and nobody would stop it."""
    policy = Path("/usr/sbin/policy-rc.d")
    there = policy.exists()
    programs = home / "bin"
    (home / "venv/bin").mkdir(parents=True)
    programs.mkdir()
    for name in ("bash", "cat", "cksum", "chmod", "dirname", "id", "rm"):
        (programs / name).symlink_to(str(shutil.which(name)))
    for name in ("python", "openab-auth"):
        (home / "venv/bin" / name).symlink_to("/bin/true")
    (programs / "apt-get").write_text(APT_GET)
    (programs / "apt-get").chmod(0o755)
    environ = {"PATH": str(programs), "HOME": str(home), "VENV": str(home / "venv"), "PYTHON": sys.executable}

    first, second = (
        subprocess.run([ROOT / "scripts/setup", "dev"], env=environ, capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    update, install = (home / "asked").read_text().splitlines()
    assert update.endswith("-qq update 101")
    assert install.startswith("noninteractive -qq")
    assert "chromium" in install
    assert install.endswith("pgbouncer nginx iproute2 prometheus systemd logrotate 101")
    assert "prometheus systemd logrotate; the tests that need them will be skipped" in first.stderr
    assert second.stderr == ""
    assert policy.exists() is there
