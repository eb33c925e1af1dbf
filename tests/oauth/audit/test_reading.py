"""Reading the audit log: the log with its moved files, damaged lines, and lines of earlier versions."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from openab_auth.oauth.audit import AuditUnreadableError, read_audit

DAY = 86_400


def line(day: int, **fields: object) -> str:
    return json.dumps({"time": f"1970-01-{day:02d}T00:00:00.000+00:00", "event": "login", **fields}) + "\n"


def write(path: Path, day: int, data: bytes) -> None:
    path.write_bytes(data)
    os.utime(path, (day * DAY, day * DAY))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "auth.json.audit.jsonl"
    write(path, 9, (line(9, user="7") + line(8, user="8")).encode())
    write(path.with_name(f"{path.name}.1"), 7, line(7, user="7").encode())
    write(path.with_name(f"{path.name}.2.gz"), 6, gzip.compress(line(6, user="7").encode()))
    write(path.with_name(f"{path.name}-19700105"), 5, line(5, user="7").encode())
    write(path.with_name(f"{path.name}.old"), 4, line(4, user="7").encode())
    write(path.with_name("other.json.audit.jsonl"), 9, line(9, user="7").encode())
    return path


def days(path: Path, since: int = 0, user: str | None = None) -> list[int]:
    found = read_audit(path, since * DAY, lambda one: user is None or one["user"] == user)
    return [int(str(one["time"])[8:10]) for one in found.lines]


def test_the_moved_files_are_read_too_and_the_lines_are_in_order(path: Path) -> None:
    assert days(path) == [4, 5, 6, 7, 8, 9]
    assert days(path, since=6) == [7, 8, 9]
    assert days(path, user="7") == [4, 5, 6, 7, 9]


def test_a_file_of_long_ago_is_not_even_opened(path: Path) -> None:
    write(path.with_name(f"{path.name}.3.gz"), 2, b"damaged")

    assert days(path, since=3) == [4, 5, 6, 7, 8, 9]


def test_what_is_no_line_is_counted(path: Path) -> None:
    write(path, 9, b"\n" + line(9).encode() + b'{"time": "1970-01-09T0\n[1]\n{}\n\xff\n' + b"x" * 100_000)

    found = read_audit(path, 8 * DAY - 1, lambda _: True)
    assert len(found.lines) == 1
    assert found.damaged >= 5


def test_a_packing_that_we_cannot_read_is_named(path: Path) -> None:
    write(path.with_name(f"{path.name}.4.xz"), 9, b"")

    assert read_audit(path, 0, lambda _: True).skipped == (f"{path}.4.xz",)


def test_lines_of_earlier_versions_name_their_account(path: Path) -> None:
    write(path, 9, (line(9, tenant="codex") + line(9, login="claude")).encode())

    found = read_audit(path, 8 * DAY - 1, lambda _: True)
    assert [one["account"] for one in found.lines] == ["codex", "claude"]


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(path: Path) -> None:
    write(path.with_name(f"{path.name}.2.gz"), 6, b"\x1f\x8bdamaged")

    with pytest.raises(AuditUnreadableError, match=r"2\.gz"):
        days(path)


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert read_audit(tmp_path / "none" / "log", 0, lambda _: True).lines == ()
