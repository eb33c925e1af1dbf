"""SIGHUP reloads the config of the running broker: as a whole, or not at all."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.bot.broker.running_broker import RunningBroker, put_login, running_broker
from tests.support.notify import hearing
from tests.support.patience import PATIENCE, until

LAB = """
[vendors.lab]
tenant = "lab-oauth"
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
"""


def write(home: Path, text: str) -> None:
    file = home / ".config/openab-auth/config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def reload(broker: RunningBroker, words: str) -> str:
    """Send SIGHUP, and return the log once it has these words."""
    broker.process.send_signal(signal.SIGHUP)
    await until(lambda: words in broker.log.read_text())
    return broker.log.read_text()


async def test_uids_and_vendors_are_new_at_once_and_a_mistake_changes_nothing(home: Path) -> None:
    put_login(home)
    put_login(home, "lab-oauth")
    write(home, "")
    async with running_broker(home) as broker:
        assert (await broker.token("codex")).status == 200
        assert (await broker.token("mine")).status == 404

        write(home, f"[broker]\nuids = []\nhealth = '127.0.0.1:1'\n[vendors.mine]{LAB.partition(']')[2]}")
        log = await reload(broker, "used only after a restart: broker.health")
        assert "uids without a key: none" in log
        assert (await broker.token("codex")).problem == (401, "unauthorized")

        write(home, f"[broker]\nuids = [{os.geteuid()}, 'canary']\n[vendors.lab]\nclient_secret_file = 'missing'{LAB}")
        await reload(broker, "was not reloaded")
        assert (await broker.token("codex")).status == 401

        write(home, f"[broker]\nuids = [{os.geteuid()}]\n{LAB.replace('vendors.lab', 'vendors.mine')}")
        await reload(broker, f"uids without a key: {os.geteuid()}")
        assert (await broker.token("mine")).status == 200
        assert (await broker.stop()) == 0


async def test_systemd_hears_of_each_state(home: Path) -> None:
    put_login(home)
    with hearing(home) as systemd:
        env = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "200000"}
        async with running_broker(home, env=env) as broker:
            assert (await systemd.next())["READY"] == "1"
            for _ in range(3):
                assert "WATCHDOG" in await systemd.next()
            broker.process.send_signal(signal.SIGHUP)
            await systemd.until("RELOADING")
            assert "config reloaded" in (await systemd.until("READY"))["STATUS"]
            broker.process.send_signal(signal.SIGTERM)
            await systemd.until("STOPPING")
            assert await asyncio.wait_for(broker.process.wait(), PATIENCE) == 0


async def test_the_watchdog_hears_nothing_from_a_process_that_stands_still(home: Path) -> None:
    put_login(home)
    with hearing(home) as systemd:
        env = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "100000"}
        async with running_broker(home, env=env) as broker:
            await systemd.until("WATCHDOG")
            broker.process.send_signal(signal.SIGSTOP)
            status = Path(f"/proc/{broker.process.pid}/stat")
            await until(lambda: status.read_text().rpartition(")")[2].split()[0] == "T")
            while systemd.waiting():
                await systemd.next()

            await asyncio.sleep(0.3)  # six of the moments at which a living process speaks
            heard = systemd.waiting()

            broker.process.send_signal(signal.SIGCONT)
            await systemd.until("WATCHDOG")

    assert not heard
