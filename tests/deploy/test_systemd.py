"""The units of deploy/systemd: systemd takes them, they are hardened, and the program knows what they say."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from openab_auth.bot.cli.parser import parse
from openab_auth.cogs.auth import read_bot_config
from openab_auth.storage import Secret

DEPLOY = Path(__file__).parents[2] / "deploy/systemd"
UNITS = sorted(DEPLOY.glob("*.service"))
INSTALLED = "/opt/openab-auth/bin/openab-auth"
MOST_EXPOSED = 15  # tenths; a service without any hardening has 96
analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def name_of(unit: Path) -> str:
    return unit.name


def lines_of(unit: Path, section: str = "Service") -> list[tuple[str, str]]:
    """Return the keys and values of a section; a key may be there several times."""
    text = unit.read_text().partition(f"[{section}]\n")[2].partition("\n[")[0]
    return [
        (key, value) for key, _, value in (line.partition("=") for line in text.splitlines() if line[:1] not in "# ")
    ]


def value_of(unit: Path, key: str) -> str:
    return next(value for name, value in lines_of(unit) if name == key)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Write the units with the program of this checkout, because systemd looks whether it is there."""
    for unit in UNITS:
        text = unit.read_text().replace(INSTALLED, str(Path(sys.executable).with_name("openab-auth")))
        (tmp_path / unit.name).write_text(text)
    return tmp_path


@analyze
def test_systemd_finds_no_mistake(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units.glob("*.service")], check=False, capture_output=True, text=True
    )

    ours = [line for line in done.stderr.splitlines() if "openab-auth" in line]
    assert (done.returncode, ours) == (0, [])


@analyze
@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_systemd_calls_them_hardened(unit: Path, units: Path) -> None:
    words = ["security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", str(units / unit.name)]
    done = subprocess.run(["systemd-analyze", *words], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_the_command_is_one_that_the_program_takes(unit: Path) -> None:
    program, *words = value_of(unit, "ExecStart").split()

    assert program == INSTALLED
    assert parse(words).command in {"run", "serve"}


@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_it_waits_for_the_program_and_for_its_stop(unit: Path) -> None:
    """The program says when it is ready, and stops within 10 seconds."""
    assert value_of(unit, "Type") == "notify"
    assert value_of(unit, "ExecReload") == "/bin/kill -HUP $MAINPID"
    assert int(value_of(unit, "TimeoutStopSec").removesuffix("s")) > 10
    assert int(value_of(unit, "WatchdogSec").removesuffix("s")) >= 30
    assert value_of(unit, "RestartPreventExitStatus") == "2"


def test_the_config_on_the_page_is_taken_by_the_service(tmp_path: Path) -> None:
    page = (DEPLOY.parents[1] / "docs/operations.md").read_text()
    [text] = re.findall(r"config\.toml <<'END'\n(.*?)\nEND\n", page, re.DOTALL)
    (tmp_path / "config.toml").write_text(text)
    [credential] = re.findall(r"LoadCredential=([\w-]+):", (DEPLOY / "openab-auth.service").read_text())
    (tmp_path / credential).write_text("canary\n")

    config, settings = read_bot_config(tmp_path / "config.toml", {"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert settings.bot_token == Secret("canary")
    assert config.bot.health is not None
    assert config.broker.health is not None


def test_both_have_one_user_one_store_and_the_same_limits() -> None:
    bot, broker = (dict(lines_of(DEPLOY / f"{name}.service")) for name in ("openab-auth", "openab-auth-broker"))
    differ = {key for key in bot.keys() | broker.keys() if bot.get(key) != broker.get(key)}

    assert differ <= {
        *("ExecStart", "LoadCredential", "PrivateUsers"),
        *("RuntimeDirectory", "RuntimeDirectoryMode", "RuntimeDirectoryPreserve"),
    }


def test_the_broker_sees_the_users_of_its_clients() -> None:
    """With PrivateUsers every client would have the uid 65534, which the broker refuses."""
    assert "PrivateUsers" not in dict(lines_of(DEPLOY / "openab-auth-broker.service"))


def test_the_drop_in_replaces_the_signal_by_systemds_own() -> None:
    drop_in = configparser.ConfigParser(interpolation=None)
    drop_in.optionxform = str  # type: ignore[assignment,method-assign]
    drop_in.read_string((DEPLOY / "notify-reload.conf").read_text())

    assert dict(drop_in["Service"]) == {"Type": "notify-reload", "ExecReload": ""}


def test_the_page_installs_each_file() -> None:
    page = (DEPLOY.parents[1] / "docs/operations.md").read_text()

    assert "deploy/systemd/*.service" in page
    assert [unit.stem for unit in UNITS if f"enable --now {unit.stem}\n" not in page] == []
    assert "deploy/systemd/notify-reload.conf" in page
    assert re.search(r"LoadCredential=discord-token:(\S+)", (DEPLOY / "openab-auth.service").read_text())[1] in page  # type: ignore[index]
