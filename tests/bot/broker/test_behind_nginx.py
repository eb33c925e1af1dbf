"""A broker behind nginx, which ends TLS: clients on other hosts reach it so."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.bot.broker.running_broker import SOON, RunningBroker, put_key, put_login
from tests.support.patience import PATIENCE, until
from tests.support.proxies import certificate_for

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/own.pem;
        ssl_certificate_key {folder}/own.pem;
        location / {{
            proxy_pass {url};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
            proxy_read_timeout 75s;
            client_max_body_size 16k;
        }}
    }}
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture
async def proxied(broker: RunningBroker, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a session whose requests go through nginx, with TLS."""
    assert NGINX is not None
    folder = tmp_path / "nginx"
    folder.mkdir()
    trusted, _ = certificate_for(folder, "localhost")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, url=broker.url))
    with (folder / "start.log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), stderr=said
        )
    try:
        await until(lambda: process.returncode is not None or _answers(port))
        assert process.returncode is None, (folder / "start.log").read_text()
        trust = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(trusted)), limit=0)
        async with aiohttp.ClientSession(
            f"https://localhost:{port}", connector=trust, timeout=aiohttp.ClientTimeout(PATIENCE)
        ) as session:
            yield session
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


async def ask(session: aiohttp.ClientSession, path: str, key: str | None = None) -> tuple[int, dict[str, object]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with session.get(path, headers=headers) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json(content_type=None)


async def test_a_client_gets_its_token_with_a_key_alone(proxied: aiohttp.ClientSession, key: str) -> None:
    assert (await ask(proxied, "/v1/token/codex"))[0] == 401
    status, body = await ask(proxied, "/v1/token/codex", key)
    assert (status, body["access_token"]) == (200, "canary-access")


async def test_problems_and_account_names_pass_unchanged(
    proxied: aiohttp.ClientSession, home: Path, tmp_path: Path
) -> None:
    put_login(home, "codex@work", token="of work")
    key = put_key(home, "ci", "codex@*")

    assert (await ask(proxied, "/v1/token/codex%40work", key))[1]["access_token"] == "of work"
    assert (await ask(proxied, "/v1/token/codex", key))[1]["code"] == "not_covered"
    assert "oab_" not in (tmp_path / "nginx/access.log").read_text()


async def test_long_polls_pass_through_it(proxied: aiohttp.ClientSession, home: Path) -> None:
    key = put_key(home, "ci", "claude")
    polls = [asyncio.create_task(ask(proxied, "/v1/token/claude?wait=50", key)) for _ in range(40)]
    await asyncio.sleep(2)
    assert not any(poll.done() for poll in polls)

    put_login(home, "anthropic-oauth", token="canary-new")
    stored_at = time.monotonic()
    answers = await asyncio.wait_for(asyncio.gather(*polls), PATIENCE)

    assert {body["access_token"] for _, body in answers} == {"canary-new"}
    assert time.monotonic() - stored_at < SOON
