"""The audit log: whole lines of several processes, moved files, full disks, and a bounded size."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openab_auth.oauth.audit import AuditLine, AuditLog
from openab_auth.storage import ThreadId, UserId
from openab_auth.storage.disk import append, ownership
from tests.support.patience import PATIENCE

WRITER = """
import asyncio, sys
from pathlib import Path
from openab_auth.oauth.audit import AuditLine, AuditLog
async def write():
    log = AuditLog(Path(sys.argv[1]), lambda: 0.0, largest=int(sys.argv[3]))
    for number in range(200):
        await log.write(AuditLine("cli", "token", client=f"{sys.argv[2]}-{number}"))
asyncio.run(write())
"""


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def raw(path: Path) -> bytes:
    return path.read_bytes()


def rotate(path: Path, way: str) -> None:
    if way == "rename":
        path.rename(path.with_name("audit.jsonl.1"))
    elif way == "copytruncate":
        os.truncate(path, 0)
    else:
        path.unlink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> AuditLog:
    return AuditLog(path, lambda: 1_800_000_000.0)


LINE = AuditLine("discord", "login", UserId(7), vendor="lab", account="lab@work")


async def test_a_line_has_the_fields_that_are_known_and_ids_are_texts(path: Path, log: AuditLog) -> None:
    await log.write(
        AuditLine(
            *("discord", "complete", UserId(2**63)),
            guild=1,
            channel=2,
            thread=ThreadId(3),
            vendor="lab",
            account="lab@work",
            incident="0123abcd",
            seconds=1.2345,
        )
    )

    [line] = read(path)
    assert line == {
        "time": "2027-01-15T08:00:00.000+00:00",
        "via": "discord",
        "event": "complete",
        "user": str(2**63),
        "guild": "1",
        "channel": "2",
        "thread": "3",
        "vendor": "lab",
        "account": "lab@work",
        "outcome": "ok",
        "incident": "0123abcd",
        "duration_ms": 1234,
    }


async def test_no_name_forges_a_line(path: Path, log: AuditLog) -> None:
    await log.write(AuditLine("broker", "token", client='x"}\n{"event": "forged"}\r\x1b[2J\u2028\x85'))

    text = raw(path).decode("ascii")
    assert text.endswith("\n")
    assert text[:-1].isprintable()
    assert read(path)[0]["event"] == "token"


async def test_a_line_is_bounded(path: Path, log: AuditLog) -> None:
    await log.write(AuditLine("discord", "left", logins=tuple(f"lab@{number}" for number in range(9000))))
    await log.write(AuditLine("broker", "token", client="x" * 100_000))

    first, second = read(path)
    assert (first["logins"], first["cut"]) == (9000, True)
    assert len(second["client"]) == 200


@pytest.mark.parametrize("way", ["rename", "copytruncate", "remove"])
async def test_a_log_that_logrotate_moves_goes_on(path: Path, log: AuditLog, way: str) -> None:
    await log.write(LINE)
    rotate(path, way)
    await log.write(LINE)

    assert len(read(path)) == 1
    assert os.stat(path).st_mode & 0o777 == 0o600  # noqa: PTH116


async def test_a_log_that_is_too_large_is_moved_away(path: Path) -> None:
    log = AuditLog(path, lambda: 0.0, largest=1000)
    for number in range(100):
        await log.write(AuditLine("cli", "token", client=str(number)))

    old = path.with_name("audit.jsonl.old")
    assert sorted(path.parent.iterdir()) == [path, old]
    assert old.stat().st_size < 1300
    assert [line["client"] for line in [*read(old), *read(path)]][-1] == "99"


def test_processes_that_append_at_once_lose_and_mix_no_line(path: Path) -> None:
    """The log is moved away between; so a third of a line, or a line in a file that nobody has, would be seen."""
    size = 200 * 3 * len('{"time": "1970-01-01T00:00:00.000+00:00", "via": "cli", "event": "token", "client": "a-1", ')
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, str(size)], cwd=path.parent) for name in "abc"
    ]
    assert [writer.wait(PATIENCE) for writer in writers] == [0, 0, 0]

    lines = [line for file in path.parent.iterdir() for line in read(file)]
    assert {line["client"] for line in lines} == {f"{name}-{number}" for name in "abc" for number in range(200)}
    assert len(lines) == 600
    assert path.with_name("audit.jsonl.old").exists()


async def test_a_full_disk_stops_nothing_and_the_next_line_is_whole(
    path: Path, log: AuditLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A limit of the file's size cuts a write as a full disk does."""
    await log.write(LINE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(raw(path)) + 20, before[1]))
        await log.write(LINE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, kept)
    assert "the audit log could not be written (No space left on device): login of lab@work by 7: ok" in caplog.text

    await log.write(LINE)
    first, cut, last = raw(path).splitlines()
    assert json.loads(first) == json.loads(last)
    assert len(cut) == 20


async def test_a_failure_is_logged_as_loudly_as_its_caller_says(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(ownership, "make_folder", refuse)
    with caplog.at_level(logging.DEBUG):
        await AuditLog(tmp_path / "log", lambda: 0.0).write(LINE, failure=logging.DEBUG)
    assert [record.levelname for record in caplog.records if "Read-only" in record.message] == ["DEBUG"]


async def test_a_line_once_a_minute(path: Path) -> None:
    now = [1_800_000_000.0]
    log = AuditLog(path, lambda: now[0])

    async def write(account: str, seconds: float) -> None:
        await log.write(AuditLine("cli", "token", account=account, seconds=seconds), once_a_minute=True)

    for account, later in [("a", 0), ("a", 10), ("b", 10), ("a", 20), ("a", 29), ("a", 20), ("b", 0), ("b", 60)]:
        now[0] += later
        await write(account, later)

    assert [(line["account"], line["time"][14:19]) for line in read(path)] == [
        ("a", "00:00"),
        ("b", "00:20"),
        ("a", "01:09"),
        ("b", "01:29"),
        ("b", "02:29"),
    ]


async def test_the_log_in_the_folder_of_another_user_becomes_theirs(path: Path, log: AuditLog) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path.parent, 4711, 4711)
    await log.write(LINE)

    assert os.stat(path).st_uid == 4711  # noqa: PTH116


async def test_lines_written_at_once_by_one_process_stay_in_order(path: Path, log: AuditLog) -> None:
    await asyncio.gather(*(log.write(AuditLine("cli", "use", client=str(number))) for number in range(30)))

    assert [line["client"] for line in read(path)] == [str(number) for number in range(30)]


async def test_a_device_may_swallow_the_lines_and_nothing_grows(tmp_path: Path) -> None:
    descriptor = append.open_to_append("/dev/null")
    os.close(descriptor)
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240
