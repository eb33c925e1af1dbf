"""Two hundred people wait for approvals in one process; `benchmarks/device_logins.py` has the numbers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, Device, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, UserId
from tests.support.patience import PATIENCE

PEOPLE = 200
INTERVAL = 1.0


@pytest.mark.soak
async def test_nobody_is_polled_for_too_soon_and_nobody_starves(tmp_path: Path) -> None:
    with ThreadedIssuer.listening() as issuer:
        issuer.devices.interval = INTERVAL
        table = {
            "flow": "device",
            "device_url": issuer.device_url,
            "token_url": issuer.token_url,
            "client_id": CLIENT_ID,
        }
        names = [f"lab{number}" for number in range(PEOPLE)]
        catalogue = Catalogue.from_config(Config(vendors={name: dict(table) for name in names}), {})
        store, driver = AsyncStore(FileStore(tmp_path / "auth.json")), Driver()
        logins = Logins(catalogue, store, driver)
        offers = await asyncio.gather(*(logins.begin(name, UserId(at)) for at, name in enumerate(names, 1)))
        begun = time.monotonic()
        devices = [*issuer.devices.begun.values()]
        assert await asyncio.to_thread(polled, devices, 2, begun + PATIENCE)
        for offer in offers:
            issuer.devices.decide(offer.user_code or "", "allow")
        done = await asyncio.gather(*(logins.outcome(name, UserId(at)) for at, name in enumerate(names, 1)))

        assert all(done)
        assert sum(device.early for device in devices) == 0
        assert max(device.polls for device in devices) <= 2 + (time.monotonic() - begun) / INTERVAL
        assert set(names) <= set(await store.read())
        await logins.aclose()
        await driver.aclose()
        await store.aclose()


def polled(devices: list[Device], times: int, until: float) -> bool:
    """Wait until every login was polled this often."""
    while min(device.polls for device in devices) < times:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True
