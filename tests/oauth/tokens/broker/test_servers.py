"""The token of an MCP server goes to that server alone, which the broker names; a vendor's token goes anywhere."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from aiohttp import web

from openab_auth.oauth.errors import BrokerUnavailableError, InsufficientScopeError, NotAtBrokerError
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from tests.oauth.tokens.broker.scripted_broker import Answer, ScriptedBroker, hang_up, page, token


def rows(**row: object) -> Answer:
    return page(json.dumps({"logins": [{"tenant": "codex", "kind": "token"}, row]}), kind="application/json")


@pytest.fixture
def seen() -> list[str | None]:
    """What the API got as `Authorization`."""
    return []


@pytest.fixture
async def api(seen: list[str | None]) -> AsyncIterator[str]:
    """Run a server that wants more scopes for `/more`."""

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        challenge = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="write"'}
        return web.Response(status=403, headers=challenge) if request.path == "/more" else web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_the_server_gets_the_token_and_no_other_host_does(
    source: BrokerTokenSource, broker: ScriptedBroker, api: str, seen: list[str | None]
) -> None:
    broker.answers = [
        token(login="linear"),
        rows(tenant="linear", kind="mcp", server_url=f"{api}/mcp"),
        token(login="linear"),
    ]
    async with httpx2.AsyncClient(auth=source.auth("mcp:linear")) as client:
        for host in (api, api.replace("127.0.0.1", "localhost")):
            assert (await client.get(f"{host}/mcp")).status_code == 200

    assert seen == ["Bearer canary-token", None]
    assert len(broker.seen) == 3  # the address is asked for once for each token


async def test_another_token_may_be_for_another_address(
    source: BrokerTokenSource, broker: ScriptedBroker, api: str
) -> None:
    broker.answers = [
        token("one", login="linear"),
        rows(tenant="linear", kind="mcp", server_url="https://old.example/mcp"),
        token("two", login="linear"),
        rows(tenant="linear", kind="mcp", server_url="https://new.example/mcp"),
    ]
    assert await source.server_url("mcp:linear") == "https://old.example/mcp"
    await source.get_valid("mcp:linear")

    assert await source.server_url("mcp:linear") == "https://new.example/mcp"


@pytest.mark.parametrize(
    "row",
    [{"tenant": "linear", "kind": "mcp"}, {"tenant": "linear", "kind": "mcp", "server_url": ""}, {"tenant": "other"}],
)
async def test_a_token_whose_server_nobody_names_is_sent_nowhere(
    row: dict[str, object], source: BrokerTokenSource, broker: ScriptedBroker, api: str, seen: list[str | None]
) -> None:
    broker.answers = [token(login="linear"), rows(**row)]
    async with httpx2.AsyncClient(auth=source.auth("linear")) as client:
        with pytest.raises(NotAtBrokerError, match="to which server"):
            await client.get(api)

    assert not seen


async def test_a_vendors_token_goes_where_the_agent_sends_it(
    source: BrokerTokenSource, broker: ScriptedBroker, api: str, seen: list[str | None]
) -> None:
    broker.answers = [token(), rows(), token(), hang_up]
    async with httpx2.AsyncClient(auth=source.auth("codex")) as client:
        for _ in range(3):
            assert (await client.get(api)).status_code == 200

    assert seen == ["Bearer canary-token"] * 3
    with pytest.raises(BrokerUnavailableError):
        await source.server_url("claude")


async def test_missing_scopes_are_an_error_that_names_the_operator(
    source: BrokerTokenSource, broker: ScriptedBroker, api: str
) -> None:
    broker.answers = [token(login="linear"), rows(tenant="linear", kind="mcp", server_url=api)]
    async with httpx2.AsyncClient(auth=source.auth("mcp:linear")) as client:
        with pytest.raises(InsufficientScopeError, match=r"write.*operator of the broker"):
            await client.get(f"{api}/more")
