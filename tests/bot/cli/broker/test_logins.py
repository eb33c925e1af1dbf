"""`status`, `request` and `refresh --rejected` of an agent that gets its tokens from a broker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from openab_auth.storage import FileStore, SeenThread
from tests.support.brokers import BrokerProcess

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def threads_key(broker: BrokerProcess) -> str:
    FileStore(broker.store).update(lambda draft: draft.threads.update({"thread:700": SeenThread(1, 2, 70)}))
    return broker.key("agent-of-700", "--tenant", "*", "--thread", "700")


def test_the_status_is_that_of_the_logins_that_the_key_covers(call: Run, broker: BrokerProcess) -> None:
    narrow = broker.key("narrow", "--tenant", "codex")
    env = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY": narrow}

    shown = call("status", env=env)
    printed = json.loads(call("status", "--json", env=env).stdout)

    assert shown.stdout.startswith(f"broker {broker.url}\ncodex: ok, access token until 20")
    assert len(shown.stdout.splitlines()) == 2
    assert printed["store"] == broker.url
    assert [(row["tenant"], row["state"]) for row in printed["logins"]] == [("codex", "ok")]
    assert printed["pending"] == printed["problems"] == []
    assert "canary" not in json.dumps(printed)


def test_a_key_that_covers_nothing_shows_no_login(call: Run, broker: BrokerProcess) -> None:
    env = {"OPENAB_AUTH_BROKER": broker.url, "OPENAB_AUTH_BROKER_KEY": broker.key("nothing", "--tenant", "kimi")}

    assert call("status", env=env).stdout == f"broker {broker.url}\nit serves no login to this client\n"


def test_people_are_asked_once(at_broker: Run, threads_key: str) -> None:
    env = {"OPENAB_AUTH_BROKER_KEY": threads_key}

    first = json.loads(at_broker("request", "grok", "--reason", "to test", "--json", env=env).stdout)
    second = at_broker("request", "grok", env=env)

    assert first == {"login": "xai-oauth", "thread": "700", "state": "asked"}
    assert second.stdout == "xai-oauth: somebody has asked for this login already\n"
    assert at_broker("request", "codex", env=env).stdout == "codex: the login is there\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("request", "grok"), "no thread is known"),
        (("request", "grok", "--thread", "700"), "this key may not name this thread"),
        (("token", "codex", "--thread", "general"), "thread is not the id of a thread"),
    ],
)
def test_a_key_without_a_thread_asks_nobody(words: tuple[str, ...], said: str, at_broker: Run) -> None:
    done = at_broker(*words)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_thread_of_the_environment_is_not_named_with_a_key(at_broker: Run) -> None:
    """openab sets it for every agent, and a key without a thread may name none."""
    assert at_broker("token", "codex", env={"OPENAB_THREAD_ID": "700"}).stdout == "canary-codex\n"


def test_another_token_than_the_refused_one_is_there_already(at_broker: Run) -> None:
    printed = at_broker("refresh", "codex", "--rejected", "--json", text="an older one\n")

    found = json.loads(printed.stdout)
    assert (found["tenant"], found["refreshed"]) == ("codex", False)
    assert [*found] == ["tenant", "expires_at", "refreshed"]


def test_a_vendor_that_is_down_is_status_5_and_says_when(at_broker: Run) -> None:
    done = at_broker("refresh", "codex", "--rejected", text="canary-codex\n")

    assert (done.returncode, done.stdout) == (5, "")
    assert "the login is" in done.stderr
    assert "try again in" in done.stderr
    assert "canary" not in done.stderr
