"""The audit lines: who got a token of which login, and never the token."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from openab_auth.bot.broker.audit import TokenAudit
from openab_auth.storage import Tenant, ThreadId
from tests.bot.broker.running_broker import RunningBroker, put_key
from tests.support.clock import Clock


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_each_client_has_a_line_in_the_audit_log_of_the_store(broker: RunningBroker, home: Path) -> None:
    key, threads = put_key(home, "ci", "codex"), put_key(home, "of-thread", "codex", thread=7)
    for _ in range(3):
        await broker.token("codex")
        await broker.token("codex", key=key)
        await broker.token("codex", key=threads)
        await broker.token("claude", key=key)

    file = home / ".openab/agent/auth.json.audit.jsonl"
    found = {(line["event"], line["client"], line["account"], line.get("thread")) for line in lines(file)}
    assert {one[1:] for one in found if str(one[1]).startswith("uid")}
    assert {one for one in found if not str(one[1]).startswith("uid")} == {
        ("token", "ci", "codex", None),
        ("token", "of-thread", "codex", "7"),
    }
    assert {line["via"] for line in lines(file)} == {"broker"}
    assert all(isinstance(line["duration_ms"], int) for line in lines(file))
    assert "canary" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_client_has_one_line_for_each_login_thread_and_minute(tmp_path: Path, clock: Clock) -> None:
    clock.now = 1_800_000_000
    file = tmp_path / "audit.jsonl"
    audit = TokenAudit(file, clock)
    for _ in range(50):
        await audit.record("ci", Tenant("codex"), None)
        await audit.record("ci", Tenant("codex"), ThreadId(7))
    await audit.record("ci", Tenant("claude"), None)
    await audit.record("other", Tenant("codex"), None)
    clock.now += 59
    await audit.record("ci", Tenant("codex"), None)
    clock.now += 1
    await audit.record("ci", Tenant("codex"), None)
    clock.now -= 3600  # somebody has set the clock
    await audit.record("ci", Tenant("codex"), None)

    assert [(line["client"], line["account"], line.get("thread")) for line in lines(file)] == [
        ("ci", "codex", None),
        ("ci", "codex", "7"),
        ("ci", "claude", None),
        ("other", "codex", None),
        ("ci", "codex", None),
        ("ci", "codex", None),
    ]


async def test_a_client_that_names_many_threads_takes_a_bounded_memory(tmp_path: Path, clock: Clock) -> None:
    audit = TokenAudit(tmp_path / "audit.jsonl", clock)
    for thread in range(1100):
        await audit.record("uid 0", Tenant("codex"), ThreadId(thread))

    assert len(audit._told) == 1000
    assert len(lines(tmp_path / "audit.jsonl")) == 1100


async def test_a_line_that_cannot_be_written_stops_no_agent(broker: RunningBroker, home: Path) -> None:
    (home / ".openab/agent/auth.json.audit.jsonl").mkdir()

    assert (await broker.token("codex")).status == 200
    said = broker.log.read_text()
    assert "the audit log could not be written" in said
    assert "token of codex by " in said
