"""deploy/logrotate/openab-auth: logrotate itself moves the log while it is written, and no line is lost."""

from __future__ import annotations

import asyncio
import getpass
import grp
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from openab_auth.oauth.audit import AuditLine, AuditLog, audit_path, read_audit
from openab_auth.oauth.config import DEFAULT_STORE, expand_home

SHIPPED = Path(__file__).parents[3] / "deploy/logrotate/openab-auth"
HOME = "/var/lib/openab-auth"
LOGROTATE = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")

pytestmark = pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped file, for the log of this test and this user."""
    user = f"su {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}"
    text = (
        SHIPPED.read_text().replace("su openab-auth openab-auth", user).replace(f"{HOME}/.openab/agent", str(tmp_path))
    )
    assert str(tmp_path) in text
    assert user in text
    config = tmp_path / "logrotate.conf"
    config.write_text(text)
    config.chmod(0o644)
    return config


def test_the_file_names_the_log_of_the_installed_service() -> None:
    """Ours: `missingok` would hide a wrong path for ever."""
    page = (SHIPPED.parents[2] / "docs/operations.md").read_text()
    unit = (SHIPPED.parents[1] / "systemd/openab-auth.service").read_text()
    [pattern] = [words[0] for line in SHIPPED.read_text().splitlines() if (words := line.split())[-1:] == ["{"]]

    assert f"--home-dir {HOME} " in page
    assert "StateDirectory=openab-auth\n" in unit
    assert audit_path(expand_home(DEFAULT_STORE, {"HOME": HOME}) or "", {}).match(pattern)
    assert audit_path("postgresql://db/x", {"HOME": HOME}).match(pattern)


def rotate(config: Path, *words: str) -> str:
    assert LOGROTATE is not None
    state = config.with_name("state")
    done = subprocess.run([LOGROTATE, "--state", state, *words, config], check=True, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_logrotate_finds_no_mistake_in_the_file(config: Path) -> None:
    said = rotate(config, "--debug")

    assert "error" not in said.lower().replace("errors", "")
    assert "Handling 1 logs" in said


@pytest.mark.parametrize("way", ["rename", "copytruncate"])
def test_the_log_goes_on_and_every_line_is_found(config: Path, tmp_path: Path, way: str) -> None:
    if way == "copytruncate":
        config.write_text(config.read_text().replace("nocreate", "copytruncate"))
    path = tmp_path / "auth.json.audit.jsonl"
    log = AuditLog(path, lambda: 1_800_000_000.0)

    asyncio.run(log.write(AuditLine("cli", "login", client="before")))
    rotate(config, "--force")
    asyncio.run(log.write(AuditLine("cli", "login", client="after")))

    moved = list(tmp_path.glob("*.jsonl-*"))
    assert len(moved) == 1
    assert {one.stat().st_mode & 0o777 for one in (path, *moved)} == {0o600}
    assert "before" not in path.read_text()
    assert [line["client"] for line in read_audit(path, 0, lambda _: True).lines] == ["before", "after"]
