"""Two hundred people wait for an approval at once, in one process: are the polls on time, does anybody starve?

    .venv/bin/python benchmarks/device_logins.py [PEOPLE] [INTERVAL]

The authorization server runs in a thread of its own and notes every poll: those that came before the interval allows,
and how late the others were. Half of the people are approved while all wait; it is timed until their logins are stored.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from openab_auth.bot.playground.issuer import CLIENT_ID, ThreadedIssuer
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, FileStore, UserId


async def measure(people: int, interval: float, issuer: ThreadedIssuer, folder: Path) -> dict[str, float]:
    """Begin them all, let them wait for four intervals, approve half of them, and time it."""
    table = {"flow": "device", "device_url": issuer.device_url, "token_url": issuer.token_url, "client_id": CLIENT_ID}
    catalogue = Catalogue.from_config(Config(vendors={f"lab{number}": dict(table) for number in range(people)}), {})
    store, driver = AsyncStore(FileStore(folder / "auth.json")), Driver()
    logins = Logins(catalogue, store, driver)
    began = time.monotonic()
    offers = await asyncio.gather(*(logins.begin(f"lab{number}", UserId(number + 1)) for number in range(people)))
    begun = time.monotonic() - began
    lag = asyncio.create_task(_lag())
    await asyncio.sleep(4 * interval)
    approved = time.monotonic()
    for offer in offers[::2]:
        issuer.devices.decide(offer.user_code or "", "allow")
    await asyncio.gather(*(logins.outcome(f"lab{number}", UserId(number + 1)) for number in range(0, people, 2)))
    stored = time.monotonic() - approved
    lag.cancel()
    devices = issuer.devices.begun.values()
    late = [gap - device.interval for device in devices for gap in device.gaps]
    entries = await store.read()
    await logins.aclose()
    await driver.aclose()
    await store.aclose()
    return {
        "seconds to begin all": begun,
        "polls": sum(device.polls for device in devices),
        "polls too early": sum(device.early for device in devices),
        "fewest polls of one person who waits": min(device.polls for device in devices if device.decision is None),
        "median lateness, ms": 1000 * statistics.median(late),
        "largest lateness, ms": 1000 * max(late),
        "seconds from the approval of half to their last login": stored,
        "logins stored": sum(not key.startswith("pending:") for key in entries),
        "largest lag of the event loop, ms": 1000 * max(_lags),
    }


_lags: list[float] = []


async def _lag() -> None:
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.01)
        _lags.append(time.monotonic() - before - 0.01)


def main() -> None:
    """Measure once and print."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    interval = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0  # noqa: PLR2004
    codes.SHORTEST = 0.1  # type: ignore[misc]  # a shorter interval than real servers have
    with ThreadedIssuer.listening() as issuer, tempfile.TemporaryDirectory() as folder:
        issuer.devices.interval = interval
        result = asyncio.run(measure(people, interval, issuer, Path(folder)))
    print(f"{people} people, one poll every {interval:g} s each")
    for name, value in result.items():
        print(f"{name:<55} {value:10.1f}")


if __name__ == "__main__":
    main()
