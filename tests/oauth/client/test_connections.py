"""Slow, cut, endless, refused or untrusted connections, and the error for each of them."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.client import Driver, RequestContext, judge_failure
from openab_auth.oauth.errors import VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.vendors import Vendor
from openab_auth.storage import Secret, Tenant
from tests.support.patience import PATIENCE
from tests.support.raw_server import self_signed


@pytest.mark.parametrize("fault", [{"delay": 10 * PATIENCE}, {"drip": 0.05}])
async def test_a_slow_vendor_is_given_up_at_the_total_deadline(
    issuer: Issuer, lab: Vendor, fault: dict[str, float]
) -> None:
    issuer.faults.next("/token", **fault)  # type: ignore[arg-type] # one keyword each
    driver = Driver(deadline=2.0)

    with pytest.raises(VendorUnavailableError, match="no answer in time") as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)
    await driver.aclose()

    assert unavailable.value.processed


async def test_an_endless_reply_is_cut_off(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", endless=True)

    with pytest.raises(VendorUnavailableError, match="longer than"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)


async def test_a_small_reply_that_unpacks_to_a_huge_one_is_cut_off(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", body=gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"})

    with pytest.raises(VendorUnavailableError, match="longer than"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)


async def test_a_compressed_reply_is_read(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    packed = gzip.compress(b'{"access_token": "at", "expires_in": "60"}')
    issuer.faults.next("/token", body=packed, headers={"Content-Encoding": "gzip"})

    grant = await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert grant.access_token == Secret("at")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_cut_connection_is_transient_and_counts_as_sent(
    driver: Driver, issuer: Issuer, lab: Vendor, when: str
) -> None:
    issuer.faults.next("/token", cut=when)  # type: ignore[arg-type] # one of its two words

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert unavailable.value.processed
    assert len(issuer.requests("/token")) == 1


async def test_a_redirect_is_not_followed(driver: Driver, issuer: Issuer, lab: Vendor) -> None:
    issuer.faults.next("/token", status=307, headers={"Location": f"{issuer.url}/elsewhere"})

    with pytest.raises(VendorMisconfiguredError, match="redirects"):
        await driver.refresh(lab.client(), Secret("rt"), lab.token_url)

    assert not issuer.requests("/elsewhere")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port on which the kernel accepts connections, and no program answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_refused_connection_sent_nothing(driver: Driver, lab: Vendor, silent_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), f"http://127.0.0.1:{port}/token")

    assert not unavailable.value.processed


async def test_a_tls_handshake_that_never_ends_sent_nothing(lab: Vendor, silent_port: int) -> None:
    driver = Driver(deadline=0.3)

    with pytest.raises(VendorUnavailableError) as unavailable:
        await driver.refresh(lab.client(), Secret("rt"), f"https://127.0.0.1:{silent_port}/token")
    await driver.aclose()

    assert not unavailable.value.processed


async def test_plain_http_to_another_machine_is_refused(driver: Driver, lab: Vendor) -> None:
    with pytest.raises(VendorMisconfiguredError, match="must be https"):
        await driver.refresh(lab.client(), Secret("rt"), "http://192.0.2.1/token")


async def test_an_unknown_certificate_is_misconfigured(driver: Driver, lab: Vendor, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        handshake = asyncio.create_task(asyncio.to_thread(fail_a_handshake, listener, context))
        with pytest.raises(VendorMisconfiguredError, match="certificate could not be verified"):
            await driver.refresh(lab.client(), Secret("rt"), f"https://localhost:{listener.getsockname()[1]}/token")
        await handshake


def fail_a_handshake(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


@pytest.mark.parametrize("lack", [MemoryError(), OSError(errno.ENOMEM, ""), OSError(errno.ENOBUFS, "")], ids=repr)
def test_a_lack_of_memory_here_is_no_silence_of_the_server(lack: Exception) -> None:
    """Nobody knows what the connection held that the event loop could not read."""
    error = httpx2.ReadError("")
    error.__cause__ = lack

    judged = judge_failure(RequestContext("lab", Tenant("lab"), "refresh", ()), error, unsent=False)

    assert isinstance(judged, VendorUnavailableError)
    assert judged.unread
    assert not judged.unanswered
