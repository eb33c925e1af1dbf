"""What a client makes of each answer: the errors are those of a source on the store, and nothing secret is shown."""

from __future__ import annotations

import json
import traceback

import pytest

from openab_auth.oauth.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    LoginDeadError,
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
    VendorUnavailableError,
)
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from tests.oauth.tokens.broker.scripted_broker import Answer, ScriptedBroker, hang_up, page, problem, token

KEY = "oab_canary-key"


async def test_a_token_is_asked_for_by_its_word(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    found = await source.get_token("mcp:a/b@work", min_ttl=299.5)

    assert (found.token.value.reveal(), found.token.expires_at, found.login) == ("canary-token", 2**33, "codex")
    assert broker.seen == [("GET", "/v1/token/mcp%3Aa%2Fb%40work", {"min_ttl": "300"}, "")]
    assert broker.keys == [f"Bearer {KEY}"]
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (
            problem(404, "not_logged_in", "nobody is here; nothing was changed", "log in"),
            NotLoggedInError,
            "nobody is here",
        ),
        (problem(404, "not_agreed", "Ada has not agreed"), NotLoggedInError, "Ada has not agreed"),
        (problem(404, "unknown_vendor", "no such vendor"), BrokerRefusedError, "no such vendor"),
        (problem(409, "login_dead", "the login has ended"), LoginDeadError, "the login has ended"),
        (problem(401, "unauthorized", "no"), BrokerRefusedError, "wrong, expired or revoked"),
        (problem(403, "not_covered", "this key does not cover this login"), BrokerRefusedError, "does not cover"),
        (problem(400, "bad_request", "min_ttl is no number"), BrokerRefusedError, "min_ttl"),
        (problem(429, "too_many_waiting", "64 wait", retry_after=7), BrokerUnavailableError, "64 wait"),
        (problem(503, "vendor_unavailable", "no answer", retry_after=7), BrokerUnavailableError, "no answer"),
        (problem(503, "refresh_busy", "another process refreshes", retry_after=7), RefreshBusyError, "refreshes"),
        (problem(500, "internal", "the broker failed"), BrokerUnavailableError, "the broker failed"),
        (page("<h1>Bad Gateway</h1>", status=502), BrokerUnavailableError, "HTTP 502"),
        (page("<h1>Not Found</h1>", status=404), BrokerRefusedError, "HTTP 404"),
        (page("", status=302, headers={"Location": "https://login.example/"}), BrokerRefusedError, "HTTP 302"),
        (page("hello"), BrokerRefusedError, "HTTP 200 without"),
        (page("[" * 100_000), BrokerRefusedError, "HTTP 200 without"),
        (page("x" * (2 << 20)), BrokerUnavailableError, "longer than"),
        (hang_up, BrokerUnavailableError, "cut"),
        (token(value=""), BrokerRefusedError, "HTTP 200 without"),
        (token(value="line\nend"), BrokerRefusedError, "HTTP 200 without"),
        (token(expires_at=-1), BrokerRefusedError, "HTTP 200 without"),
    ],
)
async def test_each_answer_is_an_error_that_says_what_to_do(
    answer: Answer, kind: type[OAuthError], said: str, source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [answer]

    with pytest.raises(kind) as caught:
        await source.get_valid("codex")

    assert said in str(caught.value)
    assert caught.value.happened
    assert caught.value.kept
    assert caught.value.todo
    assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("code", ["refresh_busy", "too_many_waiting"])
async def test_an_error_that_passes_says_when(code: str, source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [problem(429, code, retry_after=7)]

    with pytest.raises((RefreshBusyError, VendorUnavailableError)) as caught:
        await source.get_valid("codex")

    assert isinstance(caught.value, RefreshBusyError | VendorUnavailableError)
    assert caught.value.retry_after == 7


async def test_the_brokers_sentences_take_the_place_of_ours(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [
        problem(404, "not_logged_in", "nobody is logged in to codex; the pending login waits", "press the button")
    ]

    with pytest.raises(NotLoggedInError) as caught:
        await source.get_valid("codex")

    assert str(caught.value) == "nobody is logged in to codex; the pending login waits; press the button"


async def test_a_broker_that_repeats_the_key_does_not_show_it(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [problem(403, "not_covered", f"the key {KEY} \x1b[31m", f"use {KEY}")]

    with pytest.raises(BrokerRefusedError) as caught:
        await source.get_valid("codex")

    assert "canary" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


async def test_a_refusal_says_whether_a_key_was_sent(broker: ScriptedBroker) -> None:
    broker.answers = [problem(401, "unauthorized")]
    async with TokenSource.at(broker.address) as source:
        with pytest.raises(BrokerRefusedError, match=r"without a key.*OPENAB_AUTH_BROKER_KEY") as caught:
            await source.get_valid("codex")

    assert caught.value.status == 401


async def test_a_socket_that_is_not_there_is_named(tmp_path: object) -> None:
    async with TokenSource.at(f"unix:{tmp_path}/none.sock") as source:
        with pytest.raises(
            BrokerUnavailableError, match=rf"unix:{tmp_path}/none.sock.*No such file.*openab-auth serve"
        ):
            await source.get_valid("codex")


async def test_a_request_and_the_status_are_read(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [
        page(json.dumps({"login": "codex@work", "thread": "7", "state": "asked"})),
        page(json.dumps({"logins": [{"tenant": "codex", "state": "ok"}, {"state": "no tenant"}, 3]})),
    ]

    assert await source.ask("codex", "to test") == ("codex@work", "asked", "7")
    assert await source.logins() == ({"tenant": "codex", "state": "ok"},)
    assert broker.seen == [
        ("POST", "/v1/request", {}, {"account": "codex", "reason": "to test"}),
        ("GET", "/v1/status", {}, ""),
    ]
