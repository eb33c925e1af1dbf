"""Sources at a broker in a process of its own: the token's way from a login to an agent's API, and back after a 401."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import requests
from aiohttp import web

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.errors import BrokerRefusedError, BrokerUnavailableError, NotAtBrokerError, NotLoggedInError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from openab_auth.storage import REQUESTS, ClientRecord, FileStore, LoginRequest, SeenThread
from openab_auth.sync import TokenSource as SyncTokenSource
from tests.support.brokers import BrokerProcess, serving, write_entries, write_logins
from tests.support.patience import PATIENCE


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Run an authorization server in real time, as the broker needs it."""
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def operator(issuer: Issuer, home: Path) -> Path:
    """Write the config of the vendor `lab`, and a login there whose token the API takes."""
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
    """)
    write_lab(home, issuer)
    return home


def write_lab(home: Path, issuer: Issuer) -> str:
    """Write a login to `lab`; return its access token."""
    issued = issuer.tokens.issue(CLIENT_ID, "ada@example.com", ("offline_access",))
    tokens = {name: issued[name] for name in ("access_token", "refresh_token")}
    write_logins(home, lab={**tokens, "token_endpoint": issuer.token_url})
    return str(tokens["access_token"])


@pytest.fixture
async def broker(operator: Path) -> AsyncIterator[BrokerProcess]:
    with serving(operator) as broker:  # it starts in its own process, and needs no loop of ours
        yield broker


@pytest.fixture
async def source(broker: BrokerProcess) -> AsyncIterator[BrokerTokenSource]:
    async with TokenSource.at(broker.address) as source:
        yield source


@pytest.fixture
async def api(issuer: Issuer) -> AsyncIterator[str]:
    """Run an API that answers 401 to a token that is not valid."""

    async def answer(request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return web.Response(status=200 if issuer.tokens.family_of(token) else 401, body=await request.read())

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/echo"
    await runner.cleanup()


async def test_a_key_and_a_user_get_the_same_token(broker: BrokerProcess, source: BrokerTokenSource) -> None:
    async with TokenSource.at(broker.url, key=broker.key("agent")) as with_key:
        assert await with_key.get_token("lab") == await source.get_token("lab")


async def test_a_request_is_repeated_once_with_the_next_token(
    source: BrokerTokenSource, api: str, issuer: Issuer
) -> None:
    async with httpx2.AsyncClient(auth=source.auth("lab")) as client:
        assert (await client.post(api, content=b"hello")).content == b"hello"
        issuer.families[0].access_tokens.clear()

        replies = await asyncio.gather(*(client.post(api, content=b"again") for _ in range(8)))

    assert {reply.status_code for reply in replies} == {200}
    assert len(issuer.requests("/token")) == 1


async def test_a_refused_token_is_renewed_at_most_once_a_minute(source: BrokerTokenSource, issuer: Issuer) -> None:
    first = await source.get_valid("lab")
    second = await source.force_refresh("lab", rejected=first)
    assert await source.force_refresh("lab", rejected=first) == second

    with pytest.raises(BrokerUnavailableError, match="less than a minute ago") as caught:
        await source.force_refresh("lab", rejected=second)

    assert 0 < (caught.value.retry_after or 0) <= 60
    assert len(issuer.requests("/token")) == 1


def call_httpx2(source: SyncTokenSource, url: str) -> int:
    with httpx2.Client(auth=source.auth("lab")) as client:
        return client.post(url, content=b"hello").status_code


def call_httpx(source: SyncTokenSource, url: str) -> int:
    with httpx.Client(auth=source.auth("lab")) as client:
        return client.post(url, content=b"hello").status_code


def call_requests(source: SyncTokenSource, url: str) -> int:
    return requests.post(url, data=b"hello", auth=source.auth("lab"), timeout=PATIENCE).status_code


@pytest.mark.parametrize("call", [call_httpx2, call_httpx, call_requests])
async def test_each_library_without_a_loop_takes_the_token_of_a_broker(
    call: Callable[[SyncTokenSource, str], int], broker: BrokerProcess, api: str, issuer: Issuer
) -> None:
    issuer.families[0].access_tokens.clear()

    def agent() -> int:
        with SyncTokenSource.at(broker.url, key=broker.key("agent")) as source:
            return call(source, api)

    assert await asyncio.to_thread(agent) == 200
    assert len(issuer.requests("/token")) == 1


async def test_an_agent_that_waits_goes_on_within_a_second_of_the_login(
    broker: BrokerProcess, source: BrokerTokenSource
) -> None:
    waiting = [asyncio.create_task(source.get_valid("codex", wait=PATIENCE)) for _ in range(3)]
    with pytest.raises(NotLoggedInError):
        await source.get_valid("codex", wait=1.5)
    write_logins(broker.home, codex={})
    stored = time.monotonic()

    tokens = await asyncio.gather(*waiting)

    assert {token.value.reveal() for token in tokens} == {"canary-codex"}
    assert time.monotonic() - stored < 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_agent_that_waits_outlives_a_restart_of_the_broker(number: int, operator: Path) -> None:
    with serving(operator) as first:
        source = TokenSource.at(first.address)
        waiting = asyncio.create_task(source.get_valid("codex", wait=PATIENCE))
        with pytest.raises(NotLoggedInError):
            await source.get_valid("codex")
        await asyncio.to_thread(first.stop, number)
    with serving(operator) as second:
        write_logins(second.home, codex={})
        assert (await waiting).value.reveal() == "canary-codex"
        await source.aclose()


async def test_a_killed_broker_does_not_stop_an_agent_that_has_a_token(
    broker: BrokerProcess, source: BrokerTokenSource
) -> None:
    token = await source.get_valid("lab")
    broker.stop()

    assert await source.get_valid("lab") == token
    with pytest.raises(BrokerUnavailableError, match="openab-auth serve"):
        await source.get_valid("codex")


async def test_a_broker_that_stands_still_delays_an_agent_once(
    broker: BrokerProcess, source: BrokerTokenSource
) -> None:
    token = await source.get_valid("lab")
    broker.process.send_signal(signal.SIGSTOP)

    async with asyncio.timeout(PATIENCE):  # 3 s for each would take longer
        assert [await source.get_valid("lab") for _ in range(50)] == [token] * 50


async def test_a_revoked_key_gets_nothing_and_forgets_its_token(broker: BrokerProcess) -> None:
    async with TokenSource.at(broker.url, key=broker.key("agent")) as source:
        await source.get_valid("lab")
        broker.revoke("agent")
        with pytest.raises(BrokerRefusedError, match="wrong, expired or revoked"):
            await refusal(source)
        broker.stop()

        with pytest.raises(BrokerUnavailableError):
            await source.get_valid("lab")


async def refusal(source: BrokerTokenSource) -> None:
    """Ask for tokens until the broker refuses one: it looks at its keys each moment."""
    async with asyncio.timeout(PATIENCE):
        while await source.get_valid("lab"):
            await asyncio.sleep(0.05)


async def test_people_are_asked_in_the_thread_of_the_key(broker: BrokerProcess) -> None:
    store = FileStore(broker.store)
    store.update(lambda draft: draft.threads.update({"thread:700": SeenThread(1, 2, 70)}))
    key = broker.key("agent", "--tenant", "codex", "--thread", "700")
    async with TokenSource.at(broker.url, key=key) as source:
        assert await source.ask("codex", "x" * 5000 + "\udcff") == ("codex", "asked", "700")
        assert (await source.ask("codex")).state == "waiting"

    (request,) = (one for one in store.records(REQUESTS).values() if isinstance(one, LoginRequest))
    assert (request.login, request.thread) == ("codex", 700)


async def test_what_a_key_does_not_cover_is_refused_in_words(broker: BrokerProcess) -> None:
    async with TokenSource.at(broker.url, key=broker.key("agent", "--tenant", "codex")) as source:
        for refused in (source.get_valid("lab"), source.ask("codex"), source.get_valid("codex@me")):
            with pytest.raises(BrokerRefusedError) as caught:
                await refused
            assert caught.value.status == 403
            assert caught.value.todo


async def test_the_status_shows_only_what_the_key_covers(broker: BrokerProcess) -> None:
    write_logins(broker.home, codex={}, grok={})
    async with TokenSource.at(broker.url, key=broker.key("agent", "--tenant", "codex")) as source:
        rows = await source.logins()

    assert [(row["tenant"], row["state"]) for row in rows] == [("codex", "ok")]
    assert "canary" not in json.dumps(rows)


async def test_the_token_of_an_mcp_server_goes_to_that_server_alone(
    broker: BrokerProcess, source: BrokerTokenSource, api: str
) -> None:
    server: dict[str, Any] = {"client_id": "x", "token_response": {"access_token": "t", "token_type": "bearer"}}
    write_entries(broker.home, linear=server)
    record = ClientRecord("x", facts={"url": "https://mcp.example/mcp"})
    FileStore(broker.home / ".openab/agent/auth.json").update(lambda draft: draft.clients.update(linear=record))

    assert await source.server_url("mcp:linear") == "https://mcp.example/mcp"
    async with httpx2.AsyncClient(auth=source.auth("mcp:linear")) as client:
        elsewhere = await client.get(api)
    assert "Authorization" not in elsewhere.request.headers


async def test_the_token_of_an_mcp_server_that_nobody_knows_goes_nowhere(
    broker: BrokerProcess, source: BrokerTokenSource, api: str
) -> None:
    server: dict[str, Any] = {"client_id": "x", "token_response": {"access_token": "t", "token_type": "bearer"}}
    write_entries(broker.home, linear=server)

    with pytest.raises(NotAtBrokerError, match="to which server"):
        async with httpx2.AsyncClient(auth=source.auth("mcp:linear")) as client:
            await client.get(api)
