"""The running bot answers probes: who is asked, what is told, and that nothing is written."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from openab_auth.bot.errors import HealthAddressError
from openab_auth.bot.health.asking import ask
from openab_auth.bot.health.checks import store_check
from openab_auth.bot.health.readiness import Check, Readiness, Trouble
from openab_auth.bot.health.server import serving_health
from openab_auth.oauth.config import IpAddress
from openab_auth.storage import AsyncStore, FileStore
from tests.support.clock import Clock
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
LOOPBACK = IpAddress("127.0.0.1", 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


async def no_metrics(accept: str) -> tuple[str, bytes]:
    return "text/plain", accept.encode()


def break_locks(folder: Path) -> None:
    for lock in folder.glob("*.lock"):
        lock.unlink()
        lock.mkdir()


def state_of(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {file.name: file.lstat() for file in [folder, *folder.iterdir()]}
    return {name: (status.st_ino, status.st_mtime_ns, status.st_size) for name, status in found.items()}


async def health(home: Path, *words: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("openab-auth"), "health", *words, cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, out.decode(), err.decode()


async def test_a_running_bot_is_ready_and_the_command_says_so(
    start: Start, home: Path, port: int, http: httpx2.AsyncClient
) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(f'{config.read_text()}\n[bot]\nhealth = "127.0.0.1:{port}"\n')
    before = await health(home, "--json")
    async with start():
        ready = await http.get(f"http://127.0.0.1:{port}/readyz")
        lives = await http.get(f"http://127.0.0.1:{port}/livez")
        status, output, _ = await health(home, "--json")
        text = await health(home)
    after = await health(home)

    assert ready.status_code == lives.status_code == 200
    assert ready.headers["Cache-Control"] == "no-store"
    assert status == 0
    assert json.loads(output) == ready.json()
    assert json.loads(output)["ready"] is True
    assert [check["name"] for check in ready.json()["checks"]] == ["gateway", "store", "refresh_ahead"]
    assert text[:2] == (0, "ok   gateway: well\nok   store: well\nok   refresh_ahead: well\n")
    assert before[0] == 1
    assert json.loads(before[1])["ready"] is False
    assert after[0] == 1
    assert after[1].startswith(f"FAIL answer: nothing answers at http://127.0.0.1:{port}; start the process")


async def test_a_probe_writes_nothing_and_finds_a_lock_that_cannot_be_opened(
    folder: Path, clock: Clock, http: httpx2.AsyncClient
) -> None:
    store = FileStore(folder / "auth.json")
    store.check_writable()
    readiness = Readiness([store_check(AsyncStore(store))], clock=clock)
    before = state_of(folder)
    async with serving_health(LOOPBACK, readiness, no_metrics) as url:
        well = await http.get(f"{url}/readyz")
        after = state_of(folder)
        break_locks(folder)
        clock.now += 61
        broken = await http.get(f"{url}/readyz")

    assert well.status_code == 200
    assert after == before
    assert broken.status_code == 503
    [check] = broken.json()["checks"]
    assert "auth.json.global.lock" in check["message"]


async def test_only_the_pages_can_be_read(http: httpx2.AsyncClient) -> None:
    async with serving_health(LOOPBACK, Readiness([]), no_metrics) as url:
        assert (await http.post(f"{url}/readyz")).status_code == 405
        assert (await http.get(f"{url}/")).status_code == 404
        assert (await http.head(f"{url}/livez")).status_code == 200


async def test_a_process_that_is_not_ready_is_status_503_and_still_lives(http: httpx2.AsyncClient) -> None:
    async def look() -> Trouble:
        return Trouble("it is broken", "repair it")

    async with serving_health(LOOPBACK, Readiness([Check("part", look)]), no_metrics) as url:
        assert (await http.get(f"{url}/readyz")).status_code == 503
        assert (await http.get(f"{url}/livez")).status_code == 200


WELL = b'{"ready": true, "checks": [{"name": "a", "ok": true}]}'


@asynccontextmanager
async def answering(status: bytes, reply: bytes) -> AsyncIterator[IpAddress]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 %s\r\n\r\n%s" % (status, reply))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield IpAddress("127.0.0.1", server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    ("status", "reply", "message"),
    [
        (b"503 Bad", b'{"code": "not_ready", "detail": "the store is away", "hint": "repair it"}', "the store is away"),
        (b"503 Bad", b"<html>a page of another program</html>", "is no bot or broker"),
        (b"503 Bad", b'{"ready": "yes"}', "is no bot or broker"),
        (b"503 Bad", b"[" * 100_000, "is no bot or broker"),
        (b"503 Bad", WELL, "is no bot or broker"),
        (b"200 OK", b'{"ready": true, "checks": []}', "is no bot or broker"),
        (b"200 OK", WELL.replace(b'"ok": true', b'"ok": false'), "is no bot or broker"),
    ],
)
async def test_an_answer_that_is_no_yes_is_a_failed_check(status: bytes, reply: bytes, message: str) -> None:
    async with answering(status, reply) as address:
        answer = await ask(address)

    assert not answer.ready
    assert message in str(answer.checks[0]["message"])


async def test_another_program_cannot_forge_a_check(home: Path) -> None:
    forged = {"name": "a\nok   gateway: well", "ok": False, "message": "b\u202e\x1b[2J", "hint": "c\nok   store: well"}
    async with answering(b"503 Bad", json.dumps({"ready": False, "checks": [forged]}).encode()) as address:
        config = home / "health.toml"
        config.write_text(f'[bot]\nhealth = "{address}"\n')
        config.chmod(0o600)
        status, shown, _ = await health(home, "--config", str(config))

    assert status == 1
    [line] = shown.splitlines()
    assert line.startswith("FAIL a ok")
    assert line.isprintable()


async def test_a_process_that_never_answers_keeps_no_probe_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openab_auth.bot.health.asking._DEADLINE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = await ask(IpAddress("127.0.0.1", silent.getsockname()[1]))

    assert not answer.ready


async def test_without_an_address_the_command_says_which_key_is_missing(home: Path) -> None:
    status, _, err = await health(home)

    assert status == 2
    assert "bot.health: is missing" in err


async def test_an_address_that_is_taken_ends_the_start_with_a_sentence(start: Start, home: Path) -> None:
    config = home / ".config/openab-auth/config.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        config.write_text(f'{config.read_text()}\n[bot]\nhealth = "{address}"\n')
        async with start("run") as process:
            _, err = await asyncio.wait_for(process.communicate(), PATIENCE)

    assert process.returncode == 6  # systemd starts it again
    assert f"nothing can listen on {address}" in err.decode()


async def test_an_interface_that_is_not_there_is_told_in_words() -> None:
    with pytest.raises(HealthAddressError) as caught:
        async with serving_health(IpAddress("::1%none", 9470), Readiness([]), no_metrics):
            pass

    assert "Unknown error" not in str(caught.value)
