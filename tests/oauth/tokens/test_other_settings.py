"""A vendor refuses our client: it is asked again after a pause, or by a process with other settings."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import LoginDeadError, VendorMisconfiguredError, VendorUnavailableError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, TokenEntry
from tests.oauth.tokens.answers import SLOW_DOWN
from tests.oauth.tokens.stored_logins import stored
from tests.support.clock import Clock

ROOT = Path(__file__).parents[3]

# a client or settings that are wrong


REFUSALS: dict[str, dict[str, Any]] = {
    word: {"status": 401, "body": {"error": word, "error_description": "ask the operator"}}
    for word in ("invalid_client", "unauthorized_client", "unsupported_grant_type")
}


async def refused_often(source: TokenSource, issuer: Issuer, **fault: Any) -> VendorMisconfiguredError:
    """Cause ten refusals, after which the pause is longer than any process waits."""
    issuer.faults.next("/token", times=10, **fault)
    told = [(await asyncio.gather(source.force_refresh("lab"), return_exceptions=True))[0] for _ in range(10)]
    assert isinstance(told[-1], VendorMisconfiguredError)
    return told[-1]


@pytest.mark.parametrize("word", REFUSALS)
async def test_a_refused_client_is_asked_again_once_within_a_minute(
    word: str,
    process: Callable[[], TokenSource],
    expired: TokenEntry,
    issuer: Issuer,
    store: AsyncStore,
    clock: Clock,
) -> None:
    first = await refused_often(process(), issuer, **REFUSALS[word])
    asked = len(issuer.requests("/token"))

    for _ in range(4):
        with pytest.raises(VendorMisconfiguredError, match=word) as told:
            await process().get_valid("lab")
        assert str(told.value) == str(first)
    assert len(issuer.requests("/token")) == asked
    assert (await store.notes())["lab"].dead is None

    clock.now += 61
    tokens = await asyncio.gather(*(process().get_valid("lab") for _ in range(4)))
    assert {token.value for token in tokens} == {(await stored(store)).access_token}
    assert len(issuer.requests("/token")) == asked + 1
    assert (await store.notes())["lab"].attempt is None


async def test_a_live_token_is_served_to_its_end_whatever_is_misconfigured(
    process: Callable[[], TokenSource], login: TokenEntry, issuer: Issuer, clock: Clock
) -> None:
    clock.now += 3540
    issuer.faults.next("/token", **REFUSALS["invalid_client"])

    for _ in range(3):
        assert (await process().get_valid("lab")).value == login.access_token
    assert len(issuer.requests("/token")) == 1


@pytest.mark.parametrize(
    "changed", [{"client_id": "another"}, {"client_secret_env": "LAB_SECRET"}, {"token_body": "json"}]
)
async def test_a_process_with_other_settings_waits_not_and_ends_the_pause(
    changed: dict[str, Any],
    process: Callable[[], TokenSource],
    expired: TokenEntry,
    issuer: Issuer,
    tmp_path: Path,
    clock: Clock,
) -> None:
    """The operator has corrected the settings, or only one process had wrong settings."""
    await refused_often(process(), issuer, **REFUSALS["invalid_client"])
    asked = len(issuer.requests("/token"))
    table = {"authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "redirect_uri": REDIRECT_URI}
    config = Config(vendors={"lab": {**table, "client_id": CLIENT_ID, **changed}})
    mended = Catalogue.from_config(config, {"LAB_SECRET": "canary"})
    store = FileStore(tmp_path / "auth.json", clock=clock)
    answer = {"access_token": "new", "token_type": "Bearer", "expires_in": 3600}
    issuer.faults.next("/token", status=200, body=answer)

    async with TokenSource(store, catalogue=mended, clock=clock) as source:
        assert (await source.get_valid("lab")).value.reveal() == "new"

    assert len(issuer.requests("/token")) == asked + 1
    assert (await process().get_valid("lab")).value.reveal() == "new"


async def test_an_endpoint_without_tls_is_left_alone_too_until_it_is_mended(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer, store: AsyncStore
) -> None:
    endpoint = expired.token_endpoint.replace("http://", "https://")
    await store.update(lambda draft: draft.update(lab=dataclasses.replace(expired, token_endpoint=endpoint)))
    for _ in range(10):
        with pytest.raises(VendorMisconfiguredError):
            await process().force_refresh("lab")
    connected = (await store.notes())["lab"].attempt
    assert connected is not None

    with pytest.raises(VendorMisconfiguredError, match="SSL_CERT_FILE"):
        await process().get_valid("lab")
    assert (await store.notes())["lab"].attempt == connected

    await store.update(lambda draft: draft.update(lab=expired))
    assert (await process().get_valid("lab")).value != expired.access_token


async def test_what_one_process_lacks_is_no_reason_for_others_to_wait(
    process: Callable[[], TokenSource], expired: TokenEntry, store: AsyncStore, tmp_path: Path, clock: Clock
) -> None:
    """The other process has no vendor `lab` in its config, and an older version made the login: it sends no request."""
    await store.update(lambda draft: draft.facts.clear())
    elsewhere = FileStore(tmp_path / "auth.json", clock=clock)
    async with TokenSource(elsewhere, catalogue=Catalogue.shipped({}), clock=clock) as source:
        with pytest.raises(VendorMisconfiguredError):
            await source.get_valid("lab")

    assert (await store.notes())["lab"].attempt is None
    assert (await process().get_valid("lab")).value != expired.access_token


def test_the_same_settings_have_the_same_hash_with_no_secret_in_it() -> None:
    program = """
from openab_auth.oauth.entries import configuration_hash
from openab_auth.oauth.http.network_policy import NetworkPolicy
from openab_auth.oauth.vendors.mcp_server import McpServer
from openab_auth.storage import Secret
hosts = frozenset(f"host{number}" for number in range(20))
policy = NetworkPolicy(hosts)
server = McpServer("lab", "https://lab.example/mcp", client_secret=Secret("s"), network_policy=policy)
print(configuration_hash(server, "url"))
"""
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(hashes) == 1
    assert re.fullmatch(r"[0-9a-f]{64}\n", hashes.pop())


async def test_a_dead_login_is_called_dead_and_not_waited_for(
    process: Callable[[], TokenSource], expired: TokenEntry, issuer: Issuer
) -> None:
    issuer.faults.next("/token", **SLOW_DOWN)
    with pytest.raises(VendorUnavailableError):
        await process().get_valid("lab")
    issuer.families[0].revoked = True
    with pytest.raises(LoginDeadError):
        await process().force_refresh("lab")

    with pytest.raises(LoginDeadError):
        await process().get_valid("lab")
