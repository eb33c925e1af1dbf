"""Access to the playground: only its own page may control it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import httpx2
import pytest
from aiohttp import web

from openab_auth.bot.playground.page_access import KEY_HEADER, PageAccess
from tests.support.patience import PATIENCE

KEY = "canary-key"


async def answer(_request: web.Request) -> web.Response:
    return web.json_response({"done": True})


@pytest.fixture
async def gate() -> AsyncIterator[PageAccess]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gate = PageAccess(listener.getsockname()[1], KEY)
        app = web.Application(middlewares=[gate.check])
        app.on_response_prepare.append(gate.mark)
        app.add_routes([web.get("/", answer), web.get("/page.js", answer), web.post("/api/slash", answer)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        yield gate
        await runner.cleanup()


@pytest.fixture
async def http(gate: PageAccess) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=gate.origin, timeout=PATIENCE, trust_env=False) as http:
        yield http


async def test_the_printed_address_opens_the_page(gate: PageAccess, http: httpx2.AsyncClient) -> None:
    page = await http.get(gate.address)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/", "/?key=", "/?key=guess", "/?key=%FF"])
async def test_an_address_without_the_key_opens_nothing(http: httpx2.AsyncClient, address: str) -> None:
    refused = await http.get(address)
    assert refused.status_code == 403
    assert KEY not in refused.text


async def test_a_request_from_the_page_with_the_key_is_handled(gate: PageAccess, http: httpx2.AsyncClient) -> None:
    headers = {KEY_HEADER: KEY, "Origin": gate.origin}
    assert (await http.post("/api/slash", headers=headers)).json() == {"done": True}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {KEY_HEADER: "guess"},
        {KEY_HEADER: KEY, "Origin": "https://elsewhere.example"},
        {KEY_HEADER: KEY, "Origin": "null"},
        {KEY_HEADER: KEY, "Host": "rebound.example"},
    ],
    ids=["no key", "wrong key", "other origin", "opaque origin", "other host"],
)
async def test_a_request_from_another_origin_is_refused(http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    assert (await http.post("/api/slash", headers=headers)).status_code == 403


async def test_a_key_in_the_address_of_an_api_request_does_not_count(http: httpx2.AsyncClient) -> None:
    assert (await http.post(f"/api/slash?key={KEY}")).status_code == 403


async def test_page_files_need_the_right_host_too(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/page.js")).status_code == 200
    assert (await http.get("/page.js", headers={"Host": "rebound.example"})).status_code == 403
