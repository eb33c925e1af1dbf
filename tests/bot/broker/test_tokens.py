"""What a client gets: a token, or a problem that says what to do."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.bot.broker.running_broker import FAR, RunningBroker, put_key, put_login, running_broker

Run = Callable[..., "subprocess.CompletedProcess[str]"]


async def test_a_client_with_a_key_gets_the_token_of_the_login_alone(broker: RunningBroker, key: str) -> None:
    reply = await broker.token("codex", key=key)

    assert reply.status == 200
    assert reply.body == {
        "access_token": "canary-access",
        "expires_at": FAR,
        "token_type": "Bearer",
        "login": "codex",
        "because": "shared",
    }


async def test_a_word_means_what_it_means_on_the_command_line(broker: RunningBroker, home: Path) -> None:
    put_login(home, "anthropic-oauth", token="of claude")
    put_login(home, "codex@work", token="of work")

    assert (await broker.token("claude")).body["access_token"] == "of claude"
    assert (await broker.token("codex@work")).body["login"] == "codex@work"
    assert (await broker.token("codex%40shared")).body["login"] == "codex"


async def test_a_missing_login_is_404_and_a_dead_one_409(broker: RunningBroker, home: Path) -> None:
    put_login(home, expires_at=int(time.time()) - 10, refresh="")

    for word in ("claude", "unheard-of", "%00", "%e9", "%f0%9f%92%a9", "codex%2Fx"):
        assert (await broker.token(word)).problem == (404, "not_logged_in")
    assert (await broker.token("codex")).problem == (409, "login_dead")


async def test_what_is_not_understood_is_400(broker: RunningBroker) -> None:
    requests: list[tuple[str, dict[str, object]]] = [
        ("/v1/token/codex", {"min_ttl": 601}),
        ("/v1/token/codex", {"min_ttl": -1}),
        ("/v1/token/codex", {"min_ttl": "1.5"}),
        ("/v1/token/codex", {"wait": 51}),
        ("/v1/token/codex", {"wait": "\u0663"}),
        ("/v1/token/codex", {"delay": 5}),
        ("/v1/token/codex", {"thread": "x"}),
        ("/v1/token/" + "x" * 257, {}),
        ("/v1/status", {"wait": 5}),
    ]
    for path, query in requests:
        assert (await broker.ask(path, query=query)).problem == (400, "bad_parameter"), query


async def test_a_token_too_short_for_min_ttl_is_served_if_nobody_can_renew_it(
    broker: RunningBroker, home: Path
) -> None:
    """As a source on the store does: nobody can renew it here, and it lives for more than two minutes."""
    put_login(home, expires_at=int(time.time()) + 300)

    assert (await broker.token("codex", min_ttl=600)).body["access_token"] == "canary-access"


async def test_other_paths_are_404_and_other_methods_405(broker: RunningBroker, key: str) -> None:
    assert (await broker.ask("/v1/tokens", key=key)).problem == (404, "not_found")
    assert (await broker.ask("/v1/token/codex", key=key, method="POST")).problem == (405, "method_not_allowed")
    reply = await broker.ask("/healthz", method="DELETE")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD")


async def test_health_needs_no_key_and_says_whether_the_store_can_be_read(broker: RunningBroker, home: Path) -> None:
    assert (await broker.ask("/healthz", tcp=True)).body == {"status": "ok"}
    assert (await broker.ask("/readyz", tcp=True)).body["ready"] is True

    (home / ".openab/agent/auth.json").rename(home / "moved")
    (home / ".openab/agent/auth.json").mkdir()

    assert (await broker.ask("/healthz", tcp=True)).status == 200
    reply = await broker.ask("/readyz", tcp=True)
    assert reply.problem == (503, "not_ready")
    assert int(reply.headers["Retry-After"]) > 0
    assert str(home) not in str(reply.body)


async def test_an_unreadable_store_is_503_and_no_client_learns_its_place(broker: RunningBroker, home: Path) -> None:
    (home / ".openab/agent/auth.json").rename(home / "moved")
    (home / ".openab/agent/auth.json").mkdir()

    reply = await broker.token("codex")

    assert reply.problem == (503, "store_unreadable")
    assert reply.headers["Retry-After"]
    assert str(home) not in str(reply.body)
    assert "auth.json could not be read" in broker.log.read_text()


async def test_the_status_shows_what_a_key_covers_and_nothing_else(broker: RunningBroker, home: Path) -> None:
    put_login(home, "codex@work")
    put_login(home, "anthropic-oauth")
    everything = await broker.ask("/v1/status")
    of_key = await broker.ask("/v1/status", key=put_key(home, "ci", "codex@*"))

    assert [login["tenant"] for login in _logins(everything.body)] == ["anthropic-oauth", "codex", "codex@work"]
    assert of_key.body["client"] == "ci"
    assert [(login["tenant"], login["label"], login["state"]) for login in _logins(of_key.body)] == [
        ("codex@work", "work", "ok")
    ]
    assert "canary" not in str(everything.body)


def _logins(body: dict[str, object]) -> list[dict[str, object]]:
    logins = body["logins"]
    assert isinstance(logins, list)
    return logins


async def test_several_brokers_serve_one_store(home: Path, key: str) -> None:
    put_login(home)
    async with running_broker(home, name="one") as one, running_broker(home, name="two") as two:
        assert (await one.token("codex", key=key)).body == (await two.token("codex", key=key)).body


def test_a_broker_without_a_readable_store_does_not_start(home: Path, run: Run) -> None:
    (home / ".openab/agent/auth.json").mkdir(parents=True)

    done = run("serve", "--socket", home / "run/auth.sock", "--json")

    assert (done.returncode, done.stdout) == (6, "")
    assert not (home / "run/auth.sock").exists()
