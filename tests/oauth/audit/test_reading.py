"""Reading the audit log: the log with its moved files, damaged lines, and lines of earlier versions."""

from __future__ import annotations

import errno
import gzip
import json
import os
from pathlib import Path
from typing import NoReturn

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


@pytest.mark.parametrize(
    "fields",
    [
        '"user": []',
        '"user": 1.5',
        '"person": {}',
        '"duration_ms": NaN',
        '"duration_ms": 1e999',
        '"duration_ms": -Infinity',
        f'"duration_ms": {"9" * 400}',
        f'"duration_ms": {"9" * 5000}',
        '"people": {"7": NaN}',
        '"logins": [[[]]]',
    ],
)
def test_an_odd_line_is_a_damaged_line(path: Path, fields: str) -> None:
    write(path, 9, (f'{{"time": "1970-01-09T00:00:00.000+00:00", {fields}}}\n' + line(9)).encode())

    found = read_audit(path, 8 * DAY - 1, lambda _: True)
    assert len(found.lines) == found.damaged == 1


def test_a_packing_that_we_cannot_read_is_named(path: Path) -> None:
    write(path.with_name(f"{path.name}.4.xz"), 9, b"")

    [skipped] = read_audit(path, 0, lambda _: True).skipped
    assert skipped.startswith(f"{path}.4.xz is packed")


def test_a_file_that_is_being_packed_is_shown_once(path: Path) -> None:
    write(path.with_name(f"{path.name}.1.gz"), 7, gzip.compress(line(7, user="7").encode())[:20])

    found = read_audit(path, 0, lambda _: True)
    assert len(found.lines) == 6
    assert not found.skipped


@pytest.mark.parametrize("rest", [b"", b"\x1f\x8bdamaged"])
def test_a_packed_file_that_is_cut_off_costs_only_its_own_end(path: Path, rest: bytes) -> None:
    many = "".join(line(6, user=str(number)) for number in range(5000)).encode()
    packed = gzip.compress(many)
    write(path.with_name(f"{path.name}.2.gz"), 6, rest or packed[: len(packed) // 2])

    found = read_audit(path, 0, lambda _: True)
    of_six = [one for one in found.lines if str(one["time"]).startswith("1970-01-06")]
    assert {str(one["time"])[8:10] for one in found.lines} >= {"04", "05", "07", "08", "09"}
    assert bool(of_six) == (not rest)
    assert len(of_six) < 5000
    [skipped] = found.skipped
    assert skipped.startswith(f"{path}.2.gz is damaged")


def test_files_that_logrotate_moves_are_read_in_their_new_places(path: Path) -> None:
    moved = False

    def move(one: object) -> bool:
        nonlocal moved
        if not moved:
            moved = True
            path.with_name(f"{path.name}.1").rename(path.with_name(f"{path.name}.3"))
            path.rename(path.with_name(f"{path.name}.1"))
            write(path, 9, line(9, user="new").encode())
        return one is not None

    found = read_audit(path, 0, move)

    assert [int(str(one["time"])[8:10]) for one in found.lines] == [4, 5, 6, 7, 8, 9, 9]
    assert not found.skipped


def test_a_file_that_moves_all_the_time_is_named(path: Path) -> None:
    def move(one: object) -> bool:
        path.rename(path.with_name(f"kept {len(list(path.parent.iterdir()))}"))
        write(path, 9, line(9, user="new").encode())
        return one is not None

    found = read_audit(path, 0, move)

    assert [int(str(one["time"])[8:10]) for one in found.lines] == [4, 5, 6, 7]
    assert found.skipped == (f"{path} was moved away before it was read",)


def test_lines_of_earlier_versions_name_their_account(path: Path) -> None:
    write(path, 9, (line(9, tenant="codex") + line(9, login="claude")).encode())

    found = read_audit(path, 8 * DAY - 1, lambda _: True)
    assert [one["account"] for one in found.lines] == ["codex", "claude"]


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: Path, mode: str) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file), mode)

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(AuditUnreadableError, match=r"jsonl\.old cannot be read \(Permission denied\)"):
        days(path)


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert read_audit(tmp_path / "none" / "log", 0, lambda _: True).lines == ()
