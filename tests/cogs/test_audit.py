import asyncio
import json
import logging
import os
import stat
from pathlib import Path

import pytest

from cogs.auth.audit import Audit
from storage import UserId


async def test_a_line_has_its_fields_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.jsonl"
    before = os.umask(0)
    try:
        await Audit(path, lambda: 0.0).record("login", UserId(7), "ok", vendor="lab", tenant="lab-oauth")
    finally:
        os.umask(before)
    assert json.loads(path.read_text()) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "event": "login",
        "user": "7",
        "vendor": "lab",
        "tenant": "lab-oauth",
        "outcome": "ok",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_lines_written_at_once_stay_whole(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.jsonl", lambda: 0.0)
    await asyncio.gather(*(audit.record("complete", UserId(number), "ok") for number in range(50)))
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert sorted(int(json.loads(line)["user"]) for line in lines) == list(range(50))


async def test_a_log_that_cannot_be_written_is_said_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await Audit(tmp_path, lambda: 0.0).record("login", UserId(7), "ok")
    assert "could not be written" in caplog.text
    assert "login by 7: ok" in caplog.text


async def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    await Audit(tmp_path / "audit.jsonl", lambda: 0.0).record("login", UserId(7), "ok")
    assert (tmp_path / "elsewhere").read_text() == ""


async def test_a_fifo_in_its_place_keeps_nobody_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / "audit.jsonl")
    async with asyncio.timeout(5):
        await Audit(tmp_path / "audit.jsonl", lambda: 0.0).record("login", UserId(7), "ok")
    assert "could not be written" in caplog.text
