"""A login at an MCP server that only a company's proxy can reach, after the operator has said so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, UserId
from tests.support.mcp_servers import expire
from tests.support.proxies import LoopbackProxy, certificate_for

ADA = UserId(7)
HOST = "mcp.far.example"
URL = f"https://{HOST}"
ISSUER = {
    "issuer": URL,
    "authorization_endpoint": f"{URL}/authorize",
    "token_endpoint": f"{URL}/token",
    "registration_endpoint": f"{URL}/register",
    "code_challenge_methods_supported": ["S256"],
}
TOKENS = {"access_token": "at", "refresh_token": "rt", "token_type": "Bearer", "expires_in": 3600}
ANSWERS = {
    "/.well-known/oauth-protected-resource/mcp": {"resource": f"{URL}/mcp", "authorization_servers": [URL]},
    "/.well-known/oauth-authorization-server": ISSUER,
    "/register": {"client_id": "client", "token_endpoint_auth_method": "none"},
    "/token": TOKENS,
}


@pytest.fixture
async def environ(tmp_path: Path) -> AsyncIterator[tuple[LoopbackProxy, Mapping[str, str]]]:
    """Start the server with TLS, and the proxy that alone knows its name."""
    trusted, tls = certificate_for(tmp_path, HOST)

    async def answer(request: web.Request) -> web.Response:
        body = ANSWERS.get(request.path)
        return (
            web.Response(status=404)
            if body is None
            else web.json_response(body, status=201 if "reg" in request.path else 200)
        )

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    async with LoopbackProxy({HOST: port}).listening() as proxy:
        yield proxy, {"HTTPS_PROXY": f"http://{proxy.address}", "SSL_CERT_FILE": str(trusted)}
    await runner.cleanup()


def catalogue(*, proxied: bool) -> Catalogue:
    auth = AuthSettings(vendors=(), mcp_proxy=proxied)
    return Catalogue.from_config(Config(auth=auth, mcp={"far": {"url": f"{URL}/mcp"}}), {})


@asynccontextmanager
async def running(catalogue: Catalogue, store: AsyncStore, environ: Mapping[str, str]) -> AsyncIterator[Logins]:
    driver = Driver(environ=environ)
    logins = Logins(catalogue, store, driver)
    yield logins
    await logins.aclose()
    await driver.aclose()


async def test_login_and_refresh_go_through_the_proxy(
    environ: tuple[LoopbackProxy, Mapping[str, str]], store: AsyncStore
) -> None:
    proxy, variables = environ
    rows = catalogue(proxied=True)
    async with running(rows, store, variables) as logins:
        offer = await logins.begin("mcp:far", ADA)
        asked = parse_qs(urlsplit(offer.url).query)
        redirect = f"{asked['redirect_uri'][0]}?code=abc&state={asked['state'][0]}"
        await logins.complete(redirect, ADA)
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"}

    await expire(store, "far")
    proxy.asked.clear()
    async with Runtime(store, rows, environ=variables) as runtime:
        source = TokenSource(runtime)
        assert (await source.force_refresh("mcp:far")).value.reveal() == "at"
        await source.aclose()
    assert proxy.asked == [f"CONNECT {HOST}:443"]


async def test_without_the_operators_word_no_proxy_is_asked(
    environ: tuple[LoopbackProxy, Mapping[str, str]], store: AsyncStore
) -> None:
    proxy, variables = environ
    async with running(catalogue(proxied=False), store, variables) as logins:
        with pytest.raises(VendorUnavailableError, match="no connection"):
            await logins.begin("mcp:far", ADA)
    assert proxy.asked == []
