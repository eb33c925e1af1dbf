"""Agents written in Rust renew the logins of the file while it is copied: each refresh token is used once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, ThreadedIssuer
from openab_auth.storage import Entry, TokenEntry
from tests.storage.copying.stores import Ground, Interrupter, Interruption, ground
from tests.support import strict_reader
from tests.support.patience import PATIENCE
from tests.support.postgres.server import Server

ROOT = Path(__file__).parents[3]
TENANTS = ("one", "two", "three")


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    """Serve tokens that the agents renew at once; a used refresh token revokes its family."""
    with ThreadedIssuer.listening(access_lifetime=60) as issuer:
        issuer.faults.next("/token", delay=0.05, times=100_000)
        yield issuer


@pytest.fixture
def stores(postgres: Server, schema: str, tmp_path: Path, issuer: ThreadedIssuer) -> Iterator[Ground]:
    with ground(postgres, schema, tmp_path, to_file=False) as stores:
        logins = {}
        for tenant in TENANTS:
            reply = issuer.tokens.issue(CLIENT_ID, tenant, ())
            tokens = {name: reply[name] for name in ("access_token", "refresh_token")}
            logins[tenant] = {**tokens, "expires_at": 1, "token_endpoint": issuer.token_url, "provider": tenant}
        stores.file.path.write_text(json.dumps(logins))
        yield stores


@pytest.fixture
def writers(stores: Ground, tmp_path: Path) -> Iterator[None]:
    """Run three agents until the test ends."""
    command = [sys.executable, "-m", "tests.soak.programs.foreign_writer", str(stores.file.path), CLIENT_ID]
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen([*command, str(seed), *TENANTS], env=environ, stdout=subprocess.DEVNULL) for seed in range(3)
    ]
    yield
    for process in running:
        assert process.poll() is None  # no agent met a file that it could not read
        process.kill()
        process.wait()


@pytest.mark.usefixtures("writers")
def test_no_refresh_token_is_used_twice_and_the_last_one_arrives(stores: Ground, issuer: ThreadedIssuer) -> None:
    deadline = time.monotonic() + PATIENCE
    while not all(family.refreshes for family in issuer.families):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with Interrupter(at=9).active(), pytest.raises(Interruption):
        stores.copy()

    stores.copy()

    copied = stores.target_contents().entries
    assert copied.keys() == set(TENANTS)
    for tenant, entry in copied.items():
        issuer.tokens.refresh(refresh_token_of(entry), CLIENT_ID)
        assert strict_reader.read(stores.file.path)[tenant][1]["refresh_token"] == ""
    assert [(family.reuses, family.revoked) for family in issuer.families] == [(0, False)] * 3


def refresh_token_of(entry: Entry) -> str:
    assert isinstance(entry, TokenEntry)
    return entry.refresh_token.reveal()
