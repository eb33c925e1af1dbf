"""The runtime: one store, one catalogue and one driver for all parts of a process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import openab_auth
from openab_auth.bot.refresh_ahead import RefreshAhead
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import FileStore, StorageError

VENDOR = {
    "authorize_url": "https://lab.example/authorize",
    "token_url": "https://lab.example/token",
    "client_id": "x",
    "redirect_uri": "http://localhost:1/callback",
}


class ClosedDriver(Driver):
    """A driver that remembers whether it was closed."""

    closed = False

    async def aclose(self) -> None:
        self.closed = True
        await super().aclose()


async def test_all_parts_share_one_store_and_one_driver(tmp_path: Path) -> None:
    async with Runtime.open(Config(vendors={"lab": VENDOR}), str(tmp_path / "auth.json"), {}) as runtime:
        logins, ahead = Logins.of(runtime), RefreshAhead(runtime)

        assert logins._context.driver is runtime.driver is ahead._source._runtime._driver
        assert logins._store is runtime.store is ahead._source.store
        assert runtime.catalogue.get("lab").title == "lab"
        await ahead.aclose()
        await logins.aclose()


async def test_it_closes_the_driver_that_it_opened_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openab_auth.oauth.client.driver.Driver", ClosedDriver)
    opened = Runtime.open(Config(), str(tmp_path / "auth.json"), {})
    own = opened.driver
    given = ClosedDriver()

    await opened.aclose()
    await Runtime(FileStore(tmp_path / "auth.json"), Catalogue.shipped({}), given).aclose()

    assert isinstance(own, ClosedDriver)
    assert own.closed
    assert not given.closed
    await given.aclose()


def test_a_mistake_in_the_config_or_the_address_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Runtime.open(Config(vendors={"lab": {"token_ulr": "x"}}), str(tmp_path / "auth.json"), {})
    with pytest.raises(StorageError):
        Runtime.open(Config(), "redis://host", {})


def test_it_is_public_and_needs_no_http_client_until_it_opens_a_driver(tmp_path: Path) -> None:
    assert openab_auth.Runtime is Runtime
    program = f"""
import sys
from openab_auth import Runtime
from openab_auth.oauth.config import Config
Runtime.open(Config(), {str(tmp_path / "auth.json")!r}, {{}})
print({{"httpx2", "authlib"}} & {{*sys.modules}})
"""

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert done.stdout == "set()\n"
