"""An agent's httpx2 client with `TokenSource.auth`, against a resource server that knows its tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest
from aiohttp import web

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.httpx_auth import TokenAuth
from openab_auth.storage import TokenEntry


@dataclass
class Api:
    """Echo the body of a request with a valid token; `/elsewhere` redirects to another host."""

    issuer: Issuer
    url: str = ""
    seen: list[tuple[str, bytes]] = field(default_factory=list)
    accepts: bool = True

    async def echo(self, request: web.Request) -> web.Response:
        header = request.headers.get("Authorization", "")
        body = await request.read()
        self.seen.append((header, body))
        if not self.accepts or self.issuer.tokens.family_of(header.removeprefix("Bearer ")) is None:
            return web.json_response({"error": "invalid_token"}, status=401)
        return web.Response(body=body)

    async def elsewhere(self, _: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": self.url.replace("127.0.0.1", "localhost") + "/echo"})


@pytest.fixture
async def api(issuer: Issuer) -> AsyncIterator[Api]:
    api = Api(issuer)
    app = web.Application()
    app.router.add_route("*", "/echo", api.echo)
    app.router.add_route("*", "/elsewhere", api.elsewhere)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()


@pytest.fixture
async def client(source: TokenSource) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(auth=source.auth("lab"), follow_redirects=True) as client:
        yield client


async def test_the_stored_token_goes_with_every_request(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    for _ in range(2):
        assert (await client.post(f"{api.url}/echo", content=b"world")).content == b"world"

    assert api.seen == [(f"Bearer {login.access_token.reveal()}", b"world")] * 2
    assert not issuer.requests("/token")


async def test_after_a_401_the_request_is_repeated_once_with_a_new_token(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    issuer.families[0].access_tokens.clear()

    reply = await client.post(f"{api.url}/echo", content=b"world")

    assert reply.status_code == 200
    assert [body for _, body in api.seen] == [b"world", b"world"]
    assert api.seen[0][0] != api.seen[1][0]
    assert len(issuer.requests("/token")) == 1


async def test_a_body_that_comes_as_a_stream_is_repeated_too(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    issuer.families[0].access_tokens.clear()

    async def chunks() -> AsyncIterator[bytes]:
        yield b"wor"
        yield b"ld"

    reply = await client.post(f"{api.url}/echo", content=chunks())

    assert reply.content == b"world"
    assert [body for _, body in api.seen] == [b"world", b"world"]


async def test_a_second_401_is_the_callers_to_judge(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    api.accepts = False

    reply = await client.get(f"{api.url}/echo")

    assert reply.status_code == 401
    assert len(api.seen) == 2
    assert len(issuer.requests("/token")) == 1


async def test_a_server_that_refuses_every_token_causes_no_refresh_per_request(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    """A token refused right after a refresh is most likely for another audience; a new login is tried again."""
    api.accepts = False
    for _ in range(3):
        assert (await client.get(f"{api.url}/echo")).status_code == 401
    assert len(issuer.requests("/token")) == 1

    issuer.families[0].access_tokens.clear()
    api.accepts = True
    assert (await client.get(f"{api.url}/echo")).status_code == 401
    auth = client._auth
    assert isinstance(auth, TokenAuth)
    await auth._source.force_refresh("lab")  # what another process may do
    assert (await client.get(f"{api.url}/echo")).status_code == 200


async def test_many_requests_with_the_same_401_rotate_the_token_once(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    issuer.families[0].access_tokens.clear()

    replies = await asyncio.gather(*(client.get(f"{api.url}/echo") for _ in range(16)))

    assert {reply.status_code for reply in replies} == {200}
    assert len(issuer.requests("/token")) == 1
    assert issuer.families[0].reuses == 0


async def test_another_host_gets_no_token_and_its_401_refreshes_nothing(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    reply = await client.get(f"{api.url}/elsewhere")

    assert reply.status_code == 401
    assert [header for header, _ in api.seen] == [""]
    assert not issuer.requests("/token")


async def test_a_login_that_has_died_ends_the_request_with_that_error(
    client: httpx2.AsyncClient, login: TokenEntry, api: Api, issuer: Issuer
) -> None:
    issuer.families[0].revoked = True

    with pytest.raises(LoginDeadError):
        await client.get(f"{api.url}/echo")
    assert len(api.seen) == 1


async def test_without_a_login_nothing_is_sent(client: httpx2.AsyncClient, api: Api) -> None:
    with pytest.raises(NotLoggedInError):
        await client.get(f"{api.url}/echo")
    assert not api.seen


def test_a_synchronous_client_gets_a_type_error_that_names_the_way_out(api: Api) -> None:
    auth = TokenSource.__new__(TokenSource).auth("lab")

    with httpx2.Client(auth=auth) as client, pytest.raises(TypeError, match=r"AsyncClient.*openab_auth.sync"):
        client.get(f"{api.url}/echo")
    assert not api.seen
