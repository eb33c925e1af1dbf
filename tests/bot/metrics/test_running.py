"""The metrics of a running bot and of a running broker, after people and agents have used them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx2

from openab_auth.bot.health.asking import ask
from openab_auth.bot.playground.discord import Modal, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.config import IpAddress
from tests.bot.broker.running_broker import put_key, put_login, running_broker
from tests.bot.metrics.scrapes import series_of, value
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]


async def test_a_bot_counts_what_people_did_and_names_nobody(
    start: Start, home: Path, port: int, http: httpx2.AsyncClient, ada: Person, issuer: Issuer
) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(f'{config.read_text()}\n[bot]\nhealth = "127.0.0.1:{port}"\n')
    async with start():
        login = await (await ada.slash("auth login", vendor="lab")).settled()
        redirect = await issuer.approve(login.link_buttons[0])
        for paste in ("https://canary.example/?code=canary", redirect):
            modal = await ada.press(login, "Paste it here")
            assert isinstance(modal, Modal)
            await (await modal.submit(paste)).settled()
        await (await ada.slash("auth login", vendor="lab", account="canary-label")).settled()
        async with start("refresh", "lab") as command:
            await command.communicate()
        reply = await http.get(f"http://127.0.0.1:{port}/metrics")
        ready = await http.get(f"http://127.0.0.1:{port}/readyz")

    scrape = series_of(reply.text)
    assert reply.headers["Content-Type"].startswith("text/plain; version=")
    assert value(scrape, "logins_begun_total", vendor="lab") == 2
    assert value(scrape, "logins_finished_total", vendor="lab") == 1
    refused = {labels for name, labels in scrape if name == "openab_auth_logins_refused_total"}
    assert len(refused) == 1
    assert {key: text.partition(":")[0] for key, text in next(iter(refused))} == {
        "step": "finish",
        "reason": "paste_refused",
    }
    assert value(scrape, "logins", vendor="lab", state="ok") == 1
    end = value(scrape, "next_expiry_seconds", vendor="lab", renewable="true", rank="1")
    assert end is not None
    assert 0 < end <= 3600
    taken = value(scrape, "acknowledgement_seconds_count", outcome="taken")
    assert taken is not None
    assert taken >= 6  # three commands or forms, and the answers that opened them
    assert (value(scrape, "commits_total", outcome="ok") or 0) >= 3
    assert value(scrape, "lock_wait_seconds_count") == value(scrape, "commit_seconds_count")
    assert value(scrape, "ready") == value(scrape, "store_readable") == 1
    assert all(value(scrape, "check_well", check=check["name"]) == 1 for check in ready.json()["checks"])
    assert value(scrape, "spills") == value(scrape, "thread_requests") == 0
    assert (value(scrape, "tasks") or 0) > 1
    assert scrape["process_open_fds", frozenset()] > 0
    assert not any(name.endswith("_created") for name, _ in scrape)
    entry = json.loads((home / ".openab/agent/auth.json").read_text())["lab"]
    for secret in (entry["access_token"], entry["refresh_token"], "canary", str(ada.id), "example.com"):
        assert secret not in reply.text


async def test_a_broker_has_health_and_metrics_at_an_address_of_its_own(
    home: Path, port: int, http: httpx2.AsyncClient
) -> None:
    put_login(home)
    key = put_key(home, "ci", "codex")
    config = home / ".config/openab-auth/config.toml"
    config.write_text(f'[broker]\nhealth = "127.0.0.1:{port}"\n')
    config.chmod(0o600)
    async with running_broker(home) as broker:
        assert (await broker.ask("/v1/token/codex", key=key)).status == 200
        ready = await http.get(f"http://127.0.0.1:{port}/readyz")
        reply = await http.get(f"http://127.0.0.1:{port}/metrics")
        assert (await broker.ask("/metrics", key=key)).status == 404
        on_its_socket = await ask(broker.socket)
        at_its_address = await ask(IpAddress("0.0.0.0", port))  # noqa: S104 - as in a config for a container

    scrape = series_of(reply.text)
    assert ready.json()["ready"] is True
    assert value(scrape, "logins", vendor="codex", state="ok") == 1
    assert value(scrape, "check_well", check="store") == 1
    assert value(scrape, "check_well", check="gateway") is None
    assert key not in reply.text
    assert on_its_socket.ready
    assert at_its_address.ready


async def test_a_process_without_an_address_does_not_import_the_library() -> None:
    program = (
        "import sys\n"
        "import openab_auth.bot.app, openab_auth.bot.cli.commands.run, openab_auth.bot.broker.serve\n"
        "sys.exit('prometheus_client' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)

    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
