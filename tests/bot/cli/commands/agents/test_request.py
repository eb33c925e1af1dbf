"""`request` and `--wait`: an agent in a thread asks for a login, waits, and goes on by itself."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from openab_auth.oauth.requests import OpenRequests
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    REQUESTS,
    Agreement,
    Draft,
    FileStore,
    LoginRequest,
    Policies,
    Secret,
    SeenThread,
    Tenant,
    ThreadId,
    TokenEntry,
    UserId,
)
from tests.support.patience import PATIENCE

Begin = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
LOGIN = TokenEntry(Secret("the-token"), Secret("r"), int(time.time()) + 3600, "http://127.0.0.1:9/token", "codex")


@pytest.fixture
def store(home: Path) -> FileStore:
    path = home / ".openab/agent/auth.json"
    path.parent.mkdir(parents=True, mode=0o700)
    store = FileStore(path)
    store.update(lambda draft: draft.threads.update({"thread:7": SeenThread(1, 700, 70, UserId(41))}))
    return store


def asked(store: FileStore) -> list[LoginRequest]:
    return [*OpenRequests(store.records(REQUESTS), time.time()).open()]


def wait_for_request(store: FileStore) -> LoginRequest:
    end = time.monotonic() + PATIENCE
    while not (found := asked(store)):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found[0]


def test_request_says_asked_then_waiting_then_there(call: Run, store: FileStore) -> None:
    said = [json.loads(call("request", "codex", "--thread", 7, "--reason", "tests", "--json").stdout) for _ in "ab"]
    store.update(lambda draft: draft.update(codex=LOGIN))
    said.append(json.loads(call("request", "codex", "--json", env={"OPENAB_THREAD_ID": "7"}).stdout))

    assert [one["state"] for one in said] == ["asked", "waiting", "there"]
    assert {(one["login"], one["thread"]) for one in said} == {("codex", "7")}
    assert [(one.thread, one.reason) for one in asked(store)] == [(7, "tests")]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["codex"], (2, "usage")),
        (["codex", "--thread", "x"], (2, "thread_id")),
        (["codex@team", "--thread", "7"], (2, "not_requestable")),
        (["gemini", "--thread", "7"], (2, "not_requestable")),
        (["codex@u42", "--thread", "7"], (2, "account_not_for_thread")),
    ],
)
def test_a_request_that_nobody_may_make_is_refused(
    words: list[str], code: tuple[int, str], call: Run, store: FileStore
) -> None:
    refused = call("request", *words, "--json")

    assert (refused.returncode, json.loads(refused.stderr)["error"]["code"]) == code
    assert not asked(store)


@pytest.mark.parametrize("command", [["token", "codex"], ["exec", "codex", "--", "true"]])
def test_an_agent_that_knows_its_thread_asks_by_itself(command: list[str], call: Run, store: FileStore) -> None:
    refused = call(command[0], "--thread", "7", *command[1:])

    assert refused.returncode == 3
    assert "nothing was changed, and people in the thread are asked for the login" in refused.stderr
    assert [(one.thread, one.login) for one in asked(store)] == [(7, "codex")]


def test_an_agent_that_cannot_ask_is_told_and_waits_all_the_same(call: Run, begin: Begin, store: FileStore) -> None:
    for vendor in ("copilot", "gemini-key", "grok"):
        store.update(partial(put_request, name=vendor))
    refused = call("request", "codex", "--thread", "7", "--json")
    assert (refused.returncode, json.loads(refused.stderr)["error"]["code"]) == (5, "too_many_requests")

    begun = time.monotonic()
    waiting = begin("token", "codex", "--thread", "7", "--wait", "2", "--json")
    _, errors = waiting.communicate(timeout=PATIENCE)

    assert time.monotonic() - begun >= 2
    told, error = errors.splitlines()
    assert json.loads(told)["message"].startswith(
        "nobody was asked for a login: agents in this thread already ask for 3 logins"
    )
    assert (waiting.returncode, json.loads(error)["error"]["code"]) == (3, "not_logged_in")


def put_request(draft: Draft, name: str) -> None:
    request = LoginRequest(f"id-{name}", ThreadId(7), Tenant(name), name, "", int(time.time()))
    draft.records(REQUESTS)[f"request:7:{name}"] = request


def test_ask_false_in_the_config_asks_nobody(call: Run, home: Path, store: FileStore) -> None:
    (home / ".config/openab-auth/config.toml").write_text("[auth]\nask = false\n")

    assert call("token", "codex", "--thread", "7").returncode == 3
    assert not asked(store)
    assert call("token", "claude", "--thread", "7", "--wait", "1").returncode == 3
    assert not asked(store)  # claude is not offered here
    assert call("token", "copilot", "--thread", "7", "--wait", "1").returncode == 3
    assert [one.login for one in asked(store)] == ["copilot"]
    assert json.loads(call("request", "codex", "--thread", "7", "--json").stdout)["state"] == "asked"


def test_without_a_thread_nobody_is_asked(call: Run, store: FileStore) -> None:
    assert call("token", "codex").returncode == 3
    assert not asked(store)


def test_a_waiting_agent_goes_on_within_a_second_of_the_login(begin: Begin, store: FileStore) -> None:
    token = begin("token", "codex", "--thread", "7", "--wait", "900", "--json")
    child = begin("exec", "codex", "--thread", "7", "--wait", "900", "--", "sh", "-c", "env")
    wait_for_request(store)
    store.update(lambda draft: draft.update(codex=LOGIN))
    said, error = token.communicate(timeout=PATIENCE)
    environment, _ = child.communicate(timeout=PATIENCE)

    assert (token.returncode, error) == (0, "")
    assert json.loads(said)["access_token"] == "the-token"
    assert "the-token" in environment
    assert len(asked(store)) == 1


def test_a_wait_ends_as_a_call_without_one(call: Run, store: FileStore) -> None:
    begun = time.monotonic()
    refused = call("token", "codex", "--thread", "7", "--wait", "1", "--json")

    assert (refused.returncode, json.loads(refused.stderr)["error"]["code"]) == (3, "not_logged_in")
    assert time.monotonic() - begun >= 1


def test_an_agent_waits_for_the_agreement_of_its_threads_owner(begin: Begin, store: FileStore) -> None:
    def personal(draft: Draft) -> None:
        draft.threads["policy:1"] = Policies(PERSONAL_ACCOUNTS)
        draft["codex@u41"] = TokenEntry(
            Secret("adas-token"), Secret("r"), LOGIN.expires_at, LOGIN.token_endpoint, "codex@u41"
        )

    store.update(personal)
    token = begin("token", "codex", "--thread", "7", "--wait", "900")
    assert wait_for_request(store).login == "codex@u41"
    agreement = Agreement(frozenset({ThreadId(7)}))
    store.update(lambda draft: draft.threads.update({"agreement:41": agreement}))

    assert token.communicate(timeout=PATIENCE) == ("adas-token\n", "")
