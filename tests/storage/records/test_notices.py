"""Notices and limits in the record file: written, read again, and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from openab_auth.storage import (
    REQUESTS,
    Draft,
    FileStore,
    Limit,
    Note,
    Notice,
    RequestRecord,
    Secret,
    Tenant,
    TokenEntry,
    UserId,
)

NOTICE = Notice("ab" * 6, "died", Tenant("codex"), "f" * 64, 9, UserId(41), UserId(0), 3600, ("dm",), ("operators",), 7)
RECORDS = [
    NOTICE,
    NOTICE._replace(about="ends", person=None, by=None, told=(), refused=()),
    NOTICE._replace(about="variable-ends"),
    NOTICE._replace(about="replaced"),
    Limit(Tenant("codex@team"), 2_000_000_000),
]


@pytest.mark.parametrize("record", RECORDS)
def test_what_is_written_is_read_again(record: RequestRecord, tmp_path: Path) -> None:
    FileStore(tmp_path / "auth.json").update(lambda draft: draft.records(REQUESTS).update(key=record))

    assert FileStore(tmp_path / "auth.json").records(REQUESTS) == {"key": record}


@pytest.mark.parametrize(
    "change", [{"about": "else"}, {"at": -1}, {"person": True}, {"told": "dm"}, {"mark": None}, {"lead": 0.5}]
)
def test_a_damaged_notice_counts_as_lost(change: dict[str, object]) -> None:
    assert REQUESTS.from_json({**REQUESTS.to_json(NOTICE), **change}) is None  # type: ignore[dict-item]


def test_a_channel_that_nobody_knows_is_left_out() -> None:
    found = REQUESTS.from_json({**REQUESTS.to_json(NOTICE), "told": ["dm", "pigeon", 1]})  # type: ignore[dict-item]

    assert found == NOTICE


def test_notices_of_different_logins_have_different_keys() -> None:
    keys = {record.key for record in RECORDS if isinstance(record, Notice)}

    assert len(keys) == 4


def test_a_login_is_stored_although_the_requests_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "auth.json.requests").mkdir()
    login = TokenEntry(Secret("a"), Secret("r"), 9, "https://lab.example/token", "lab")

    def change(draft: Draft) -> None:
        draft["lab"], draft.notes["lab"] = login, Note()
        draft.records(REQUESTS)["notice"] = NOTICE

    FileStore(tmp_path / "auth.json").update(change)

    assert FileStore(tmp_path / "auth.json").read()["lab"] == login
