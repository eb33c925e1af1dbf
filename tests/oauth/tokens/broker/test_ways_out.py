"""The way to a broker on another host: its certificate, and the proxy of the agent's environment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from openab_auth.oauth.errors import BrokerSettingError, BrokerUnavailableError, NetworkVariableError
from openab_auth.oauth.tokens import TokenSource
from tests.oauth.tokens.broker.scripted_broker import token
from tests.support.proxies import LoopbackProxy, certificate_for

ADDRESS, KEY = "https://broker.example", "oab_canary-key"


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    return tmp_path / "trusted.pem"


@pytest.fixture
async def keys() -> list[str | None]:
    """What the broker got as `Authorization`."""
    return []


@pytest.fixture
async def proxy(tmp_path: Path, keys: list[str | None]) -> AsyncIterator[LoopbackProxy]:
    """Run a broker with TLS as broker.example, which only the proxy can reach."""
    _, context = certificate_for(tmp_path, "broker.example")

    async def handle(request: web.Request) -> web.StreamResponse:
        keys.append(request.headers.get("Authorization"))
        return await token()(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    async with LoopbackProxy({"broker.example": runner.addresses[0][1]}).listening() as proxy:
        yield proxy
    await runner.cleanup()


async def test_the_key_goes_through_the_proxy_to_the_broker_alone(
    proxy: LoopbackProxy, trusted: Path, keys: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with TokenSource.at(ADDRESS, key=KEY) as source:
        assert (await source.get_valid("codex")).value.reveal() == "canary-token"

    assert proxy.asked == ["CONNECT broker.example:443"]
    assert keys == [f"Bearer {KEY}"]


async def test_a_broker_whose_certificate_is_not_trusted_gets_no_key(
    proxy: LoopbackProxy, keys: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    async with TokenSource.at(ADDRESS, key=KEY) as source:
        with pytest.raises(BrokerSettingError, match="certificate could not be verified"):
            await source.get_valid("codex")

    assert not keys


async def test_an_unusable_variable_is_named_before_anything_is_sent(
    proxy: LoopbackProxy, keys: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.example")
    async with TokenSource.at(ADDRESS, key=KEY) as source:
        with pytest.raises(NetworkVariableError, match="HTTPS_PROXY"):
            await source.get_valid("codex")

    assert not proxy.asked


async def test_a_proxy_that_refuses_is_an_outage(proxy: LoopbackProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    async with TokenSource.at("https://other.example", key=KEY) as source:
        with pytest.raises(BrokerUnavailableError, match="proxy did not let us through"):
            await source.get_valid("codex")
