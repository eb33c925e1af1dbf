import asyncio
import json
import logging
import os
import stat
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from openab_auth.cogs.auth.guard.audit import Audit, Event
from openab_auth.cogs.auth.guard.audit_quota import IN_TOTAL, PER_PERSON
from openab_auth.storage import UserId
from openab_auth.storage.disk import ownership
from tests.support.patience import PATIENCE


async def test_a_line_has_its_fields_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "audit.jsonl"
    before = os.umask(0)
    try:
        await Audit(path, lambda: 0.0).record("login", UserId(7), "ok", vendor="lab", tenant="lab-oauth")
    finally:
        os.umask(before)
    assert json.loads(path.read_text()) == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "via": "discord",
        "event": "login",
        "user": "7",
        "vendor": "lab",
        "account": "lab-oauth",
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


async def test_no_error_of_the_log_stops_what_was_done(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(ownership, "make_folder", fail)
    await Audit(tmp_path / "audit.jsonl", lambda: 0.0).record("complete", UserId(7), "ok")
    assert "could not be written (MemoryError): complete by 7: ok" in caplog.text


async def test_a_line_is_written_where_no_thread_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_thread: threading.Thread) -> NoReturn:
        raise RuntimeError  # as Python does at the limit of threads

    path = tmp_path / "new" / "audit.jsonl"
    with monkeypatch.context() as starved:
        starved.setattr(threading.Thread, "start", fail)
        await Audit(path, lambda: 0.0).record("complete", UserId(7), "ok")
    assert [line["outcome"] for line in read(path)] == ["ok"]


async def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    await Audit(tmp_path / "audit.jsonl", lambda: 0.0).record("login", UserId(7), "ok")
    assert (tmp_path / "elsewhere").read_text() == ""


async def test_a_fifo_in_its_place_keeps_nobody_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    os.mkfifo(tmp_path / "audit.jsonl")
    async with asyncio.timeout(PATIENCE):
        await Audit(tmp_path / "audit.jsonl", lambda: 0.0).record("login", UserId(7), "ok")
    assert "could not be written" in caplog.text


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_one_persons_refusals_are_bounded_and_the_rest_is_counted(tmp_path: Path) -> None:
    clock, path = SimpleNamespace(now=1000.0), tmp_path / "audit.jsonl"
    audit = Audit(path, lambda: clock.now)
    for _ in range(500):
        await audit.record("cancel", UserId(7), "no_pending_login")
        await audit.record("logout", UserId(7), "not_logged_in")
    await audit.record("cancel", UserId(8), "no_pending_login")
    assert [line["user"] for line in read(path)] == ["7"] * PER_PERSON + ["8"]

    await audit.tell_left_out()
    assert len(read(path)) == PER_PERSON + 1  # the minute is not over

    clock.now += 61
    await audit.tell_left_out()
    (line,) = read(path)[PER_PERSON + 1 :]
    assert (line["event"], line["count"], line["people"]) == ("left_out", 1000 - PER_PERSON, {"7": 1000 - PER_PERSON})
    await audit.record("cancel", UserId(7), "no_pending_login")
    assert read(path)[-1]["user"] == "7"


async def test_many_peoples_refusals_are_bounded_together(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path, lambda: 0.0)
    for user in range(5 * IN_TOTAL):
        await audit.record("logout", UserId(user), "not_logged_in")
    await audit.tell_left_out(now=True)
    *lines, last = read(path)
    assert len(lines) == IN_TOTAL
    assert last["count"] == 4 * IN_TOTAL
    assert len(last["people"]) == 20


async def test_what_was_done_is_always_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path, lambda: 0.0)
    done: list[tuple[Event, str]] = [
        ("complete", "ok"),
        ("logout", "ok"),
        ("mcp_add", "ok"),
        ("mcp_remove", "ok"),
        ("died", "login_dead"),
        ("complete", "login_not_stored"),
    ]
    for _ in range(100):
        await audit.record("logout", UserId(7), "not_logged_in")
        for event, outcome in done:
            await audit.record(event, UserId(7), outcome)
    for event, outcome in done:
        assert sum((line["event"], line["outcome"]) == (event, outcome) for line in read(path)) == 100
