"""Agents that ask people for a login through the broker: in the thread of their key, and in no other."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from openab_auth.storage import REQUESTS, LoginRequest
from tests.bot.broker.running_broker import SOON, Reply, RunningBroker, put_key, put_login, running_broker, store_of
from tests.support.patience import until

THREAD = 7


@pytest.fixture
def of_thread(home: Path) -> str:
    (home / ".config/openab-auth/config.toml").write_text('[auth]\nvendors = ["codex", "copilot"]\n')
    return put_key(home, "of-thread", "codex", thread=THREAD)


async def ask(broker: RunningBroker, key: str | None, **body: object) -> Reply:
    return await broker.ask("/v1/request", method="POST", key=key, body=body)


def requests(home: Path) -> list[LoginRequest]:
    return [record for record in store_of(home).records(REQUESTS).values() if isinstance(record, LoginRequest)]


async def test_a_request_is_made_in_the_thread_of_the_key(home: Path, of_thread: str) -> None:
    async with running_broker(home) as broker:
        first = await ask(broker, of_thread, account="codex", reason="to mend the build")
        again = await ask(broker, of_thread, account="codex", reason="to mend the build")
        put_login(home)
        there = await ask(broker, of_thread, account="codex")

    assert first.body == {"login": "codex", "thread": "7", "state": "asked"}
    assert again.body == {"login": "codex", "thread": "7", "state": "waiting"}
    assert there.body == {"login": "codex", "thread": "7", "state": "there"}
    assert [(one.thread, one.login, one.reason) for one in requests(home)] == [(7, "codex", "to mend the build")]


async def test_a_key_asks_only_for_logins_that_it_covers_and_in_no_other_thread(home: Path, of_thread: str) -> None:
    without = put_key(home, "without", "codex")
    async with running_broker(home) as broker:
        assert (await ask(broker, of_thread, account="copilot")).problem == (403, "not_covered")
        assert (await ask(broker, of_thread, account="codex", thread="8")).problem == (403, "other_thread")
        assert (await ask(broker, without, account="codex")).problem == (403, "no_thread")
        assert (await ask(broker, without, account="codex", thread="7")).problem == (403, "other_thread")
        for path in ("/v1/token/codex", "/v1/status"):
            assert (await broker.ask(path, key=without, query={"thread": 7})).problem == (403, "other_thread")
        assert requests(home) == []
        assert (await ask(broker, of_thread, account="codex", thread="7")).status == 200
        assert (await ask(broker, None, account="codex", thread="9")).body["thread"] == "9"


async def test_a_request_that_is_not_understood_is_400(broker: RunningBroker, home: Path) -> None:
    key = put_key(home, "ci", "*", thread=7)
    bodies: list[dict[str, object]] = [
        {},
        {"account": 7},
        {"account": ""},
        {"account": "codex", "reason": 7},
        {"account": "codex", "thread": 7},
        {"account": "codex", "more": 1},
        {"account": "codex", "reason": "x" * 2001},
    ]
    for body in bodies:
        assert (await ask(broker, key, **body)).problem[0] == 400, body


async def test_a_missing_token_is_asked_for_and_comes_with_the_login(home: Path, of_thread: str) -> None:
    async with running_broker(home) as broker:
        poll = asyncio.create_task(broker.token("codex", key=of_thread, wait=50))
        await until(lambda: bool(requests(home)))

        put_login(home)
        stored_at = time.monotonic()
        reply = await poll

    assert reply.status == 200
    assert time.monotonic() - stored_at < SOON
    assert [(one.thread, one.login) for one in requests(home)] == [(7, "codex")]


async def test_without_waiting_the_config_turns_asking_off(home: Path, of_thread: str) -> None:
    async with running_broker(home) as broker:
        reply = await broker.token("codex", key=of_thread)
    assert "people in the thread are asked" in str(reply.body["detail"])
    assert len(requests(home)) == 1

    store_of(home).update(lambda draft: draft.records(REQUESTS).clear())
    with (home / ".config/openab-auth/config.toml").open("a") as config:
        config.write("ask = false\n")
    async with running_broker(home) as broker:
        reply = await broker.token("codex", key=of_thread)
    assert reply.problem == (404, "not_logged_in")
    assert requests(home) == []


async def test_the_thread_in_the_brokers_own_environment_is_that_of_no_client(home: Path, of_thread: str) -> None:
    without = put_key(home, "without", "codex")
    async with running_broker(home, env={"OPENAB_AUTH_THREAD": "99", "OPENAB_THREAD_ID": "98"}) as broker:
        await broker.token("codex")
        await broker.token("codex", key=without)
        assert requests(home) == []
        await broker.token("codex", key=of_thread)

    assert [one.thread for one in requests(home)] == [THREAD]
