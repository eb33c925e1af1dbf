"""The package is replaced by an upgrade while a process runs: nothing is imported once a vendor has answered."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.storage import FileStore, TokenEntry
from tests.support.patience import PATIENCE

AGENT = """
import asyncio, json, sys
from pathlib import Path
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import CONSOLE, AsyncStore, FileStore

path, vendors, does = json.loads(sys.argv[1])
catalogue = Catalogue.from_config(Config(vendors=vendors), {})

class Replaced:
    def find_spec(self, name, *_):
        if Path(path).with_name("answered").exists():
            raise ImportError(f"{name} was replaced")

sys.meta_path.insert(0, Replaced())

async def main():
    store, driver = AsyncStore(FileStore(path)), Driver()
    if does == "refresh":
        async with TokenSource(store, catalogue=catalogue, driver=driver) as source:
            await source.force_refresh("link")
        return
    logins = Logins(catalogue, store, driver, lock_wait=1)
    offer = await logins.begin(does, CONSOLE)
    print(offer.user_code or offer.url, flush=True)
    if does == "link":
        await logins.complete(sys.stdin.readline(), CONSOLE)
    else:
        await logins.outcome(does, CONSOLE)
    await logins.aclose()

asyncio.run(main())
"""


@pytest.fixture
def vendors(issuer: Issuer) -> dict[str, dict[str, object]]:
    """Return a vendor with a link and a vendor with a code."""
    shared: dict[str, object] = {
        "client_id": CLIENT_ID,
        "token_url": issuer.token_url,
        "scopes": ["openid", "email", "offline_access"],
        "account_from": "email",
    }
    link = {"authorize_url": issuer.authorize_url, "redirect_uri": REDIRECT_URI}
    return {"link": {**shared, **link}, "code": {**shared, "flow": "device", "device_url": issuer.device_url}}


@pytest.fixture
def path(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Note beside the store that the server has issued tokens."""
    issue = issuer.tokens._issue

    def issue_and_note(*words: object) -> dict[str, object]:
        (tmp_path / "answered").touch()
        return issue(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(issuer.tokens, "_issue", issue_and_note)
    return tmp_path / "auth.json"


async def run(issuer: Issuer, path: Path, vendors: dict[str, dict[str, object]], does: str) -> str:
    """Run a process that logs in or refreshes, approve its login, and return its errors."""
    words, pipe = json.dumps([str(path), vendors, does]), asyncio.subprocess.PIPE
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AGENT, words, stdin=pipe, stdout=pipe, stderr=pipe
    )
    assert agent.stdin is not None
    assert agent.stdout is not None
    pasted = b""
    if does != "refresh":
        offered = (await asyncio.wait_for(agent.stdout.readline(), PATIENCE)).decode().strip()
        if does == "link":
            pasted = f"{await issuer.approve(offered)}\n".encode()
        else:
            await issuer.approve_device(offered)
    _, err = await asyncio.wait_for(agent.communicate(pasted), PATIENCE)
    return err.decode()


@pytest.mark.parametrize("does", ["link", "code"])
async def test_a_login_is_stored_although_an_upgrade_has_replaced_the_package(
    issuer: Issuer, path: Path, vendors: dict[str, dict[str, object]], does: str
) -> None:
    assert await run(issuer, path, vendors, does) == ""

    entry = FileStore(path).read()[does]
    assert isinstance(entry, TokenEntry)
    assert entry.refresh_token.reveal() == issuer.families[-1].refresh_token


async def test_a_refresh_is_stored_although_an_upgrade_has_replaced_the_package(
    issuer: Issuer, path: Path, vendors: dict[str, dict[str, object]]
) -> None:
    await run(issuer, path, vendors, "link")
    path.with_name("answered").unlink()

    assert await run(issuer, path, vendors, "refresh") == ""

    entry = FileStore(path).read()["link"]
    assert isinstance(entry, TokenEntry)
    assert entry.refresh_token.reveal() == issuer.families[-1].refresh_token
