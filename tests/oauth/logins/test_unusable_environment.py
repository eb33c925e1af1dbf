"""A proxy or certificate variable that no request can use: it is named, and nothing is taken, noted or asked for."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import NetworkVariableError, OAuthError, VendorMisconfiguredError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, TokenEntry
from tests.oauth.logins.code_logins import ADA, log_in
from tests.support.clock import Clock
from tests.support.proxies import certificate_for
from tests.support.raw_server import GOOD, RawServer, whole

CANARY = "canary-p4ss"
UNUSABLE = [
    {"ALL_PROXY": f"socks://ada:{CANARY}@127.0.0.1:1080"},
    {"https_proxy": f"http://ada:{CANARY}@proxy:port"},
    {"HTTP_PROXY": f"http://ada:{CANARY}@"},
    {"SSL_CERT_FILE": "/gone/cacert.pem"},
    {"SSL_CERT_FILE": __file__},
    {"SSL_CERT_DIR": "/gone"},
]


@pytest.fixture(params=UNUSABLE, ids=lambda environ: next(iter(environ)))
def unusable(request: pytest.FixtureRequest) -> dict[str, str]:
    environ: dict[str, str] = request.param
    return environ


@asynccontextmanager
async def process_with(
    environ: Mapping[str, str], catalogue: Catalogue, store: AsyncStore, clock: Clock
) -> AsyncIterator[Logins]:
    """Run a process with this environment on the same store."""
    driver = Driver(clock=clock, environ=environ)
    logins = Logins(catalogue, store, driver, clock=clock)
    yield logins
    await logins.aclose()
    await driver.aclose()


def check(error: OAuthError, environ: Mapping[str, str]) -> None:
    assert str(error).startswith(next(iter(environ)))
    assert "no request was sent" in error.kept
    assert CANARY not in f"{error}{error!r}{error.__cause__}"


async def test_the_pending_login_still_waits_and_ends_when_the_variable_is_unset(
    logins: Logins, unusable: dict[str, str], catalogue: Catalogue, store: AsyncStore, clock: Clock, issuer: Issuer
) -> None:
    offer = await logins.begin("lab", ADA)
    redirect = await issuer.approve(offer.url)
    before = await store.read(), await store.notes()

    async with process_with(unusable, catalogue, store, clock) as broken:
        with pytest.raises(NetworkVariableError) as failed:
            await broken.complete(redirect, ADA)

    check(failed.value, unusable)
    assert (await store.read(), await store.notes()) == before
    assert (await logins.complete(redirect, ADA)).account == "ada@example.com"


@pytest.mark.parametrize("vendor", ["lab", "found"])
async def test_no_link_is_given_that_nobody_could_finish(
    unusable: dict[str, str], catalogue: Catalogue, store: AsyncStore, clock: Clock, issuer: Issuer, vendor: str
) -> None:
    async with process_with(unusable, catalogue, store, clock) as broken:
        with pytest.raises(NetworkVariableError) as failed:
            await broken.begin(vendor, ADA)

    check(failed.value, unusable)
    assert not await store.read()
    assert not await store.notes()


async def test_no_code_is_asked_for(unusable: dict[str, str], store: AsyncStore, clock: Clock, issuer: Issuer) -> None:
    row = {
        "flow": "device",
        "device_url": issuer.url + "/device",
        "token_url": issuer.token_url,
        "client_id": CLIENT_ID,
    }
    catalogue = Catalogue.from_config(Config(vendors={"lab": row}), {})
    async with process_with(unusable, catalogue, store, clock) as broken:
        with pytest.raises(NetworkVariableError) as failed:
            await broken.begin("lab", ADA)

    check(failed.value, unusable)
    assert not await store.read()


async def test_a_refresh_leaves_no_note_of_a_request_that_was_never_made(
    unusable: dict[str, str], login: TokenEntry, catalogue: Catalogue, store: AsyncStore, clock: Clock, issuer: Issuer,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    clock.now += 3590
    before = await store.notes()
    async with Runtime(store, catalogue, clock=clock, environ=unusable) as runtime:
        source = TokenSource(runtime)
        assert (await source.get_valid("lab")).value == login.access_token  # until it ends
        clock.now += 3600
        with pytest.raises(NetworkVariableError) as failed:
            await source.get_valid("lab")
        with pytest.raises(NetworkVariableError):
            await source.force_refresh("lab")
        await source.aclose()

    check(failed.value, unusable)
    assert await store.notes() == before
    assert issuer.requests("/token") == []
    assert CANARY not in caplog.text
    async with TokenSource(store, catalogue=catalogue, clock=clock) as mended:
        assert (await mended.get_valid("lab")).value != login.access_token


async def test_a_logout_works_and_says_why_nothing_was_revoked(
    logins: Logins, unusable: dict[str, str], catalogue: Catalogue, store: AsyncStore, clock: Clock, issuer: Issuer
) -> None:
    await log_in(logins, issuer)
    async with process_with(unusable, catalogue, store, clock) as broken:
        done = await broken.logout(await broken.account("lab"), revoke=True)

    assert not done.revoked
    assert str(done.note).startswith(next(iter(unusable)))
    assert "lab" not in await store.read()


@pytest.mark.parametrize("proxied", [False, True])
async def test_an_unusable_proxy_stops_logins_at_servers_only_if_they_use_it(
    store: AsyncStore, clock: Clock, *, proxied: bool
) -> None:
    auth = AuthSettings(vendors=(), mcp_proxy=proxied)
    catalogue = Catalogue.from_config(Config(auth=auth, mcp={"far": {"url": "https://10.0.0.7/mcp"}}), {})
    expected = "ALL_PROXY names" if proxied else "private network"
    async with process_with(UNUSABLE[0], catalogue, store, clock) as broken:
        with pytest.raises(OAuthError, match=expected):
            await broken.begin("mcp:far", ADA)


@pytest.fixture
def vendor_with_tls(tmp_path: Path) -> Iterator[tuple[RawServer, Path]]:
    """Start a vendor whose certificate only `trusted` certifies."""
    trusted, tls = certificate_for(tmp_path, "localhost")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener, [whole(GOOD)], tls=tls)
        threading.Thread(target=server.serve, daemon=True).start()
        yield server, trusted


async def test_certificates_that_do_not_fit_cost_no_login(
    vendor_with_tls: tuple[RawServer, Path], store: AsyncStore, clock: Clock, tmp_path: Path
) -> None:
    """The code never left: the handshake comes first."""
    server, trusted = vendor_with_tls
    (tmp_path / "other").mkdir()
    other, _ = await asyncio.to_thread(certificate_for, tmp_path / "other", "localhost")
    row = {"authorize_url": f"{server.url}/authorize", "token_url": f"{server.url}/token"}
    row |= {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI}
    catalogue = Catalogue.from_config(Config(vendors={"lab": row}), {})
    async with process_with({"SSL_CERT_FILE": str(other)}, catalogue, store, clock) as wrong:
        offer = await wrong.begin("lab", ADA)
        state = offer.url.partition("state=")[2].partition("&")[0]
        redirect = f"{REDIRECT_URI}?code=abc&state={state}"
        before = await store.read()
        with pytest.raises(
            VendorMisconfiguredError, match=r"could not be verified.*still waits for its paste"
        ) as failed:
            await wrong.complete(redirect, ADA)
        assert failed.value.still_waits
    assert await store.read() == before
    async with process_with({"SSL_CERT_FILE": str(trusted)}, catalogue, store, clock) as right:
        assert (await right.complete(redirect, ADA)).vendor.name == "lab"
    assert len(server.requests) == 1
