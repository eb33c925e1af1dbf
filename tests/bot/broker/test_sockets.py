"""Where a broker listens: its socket is its own, in no store, and on no address but loopback."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.bot.broker import default_socket, read_address
from openab_auth.bot.broker.errors import NoSocketPlaceError, NotLoopbackError
from openab_auth.bot.broker.http import listening
from tests.bot.broker.running_broker import OPENAB_AUTH, put_login, running_broker
from tests.support.patience import PATIENCE

Run = Callable[..., "subprocess.CompletedProcess[str]"]


async def refused(home: Path, *words: str, status: int = 2) -> str:
    """Start a broker that must refuse to start, and return what it says."""
    process = await asyncio.create_subprocess_exec(
        OPENAB_AUTH, "serve", *words, cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, out) == (status, b""), err
    return err.decode()


@pytest.mark.parametrize(("mode", "expected"), [((), 0o600), (("--mode", "0660"), 0o660)])
async def test_the_socket_has_its_mode_and_ends_with_the_broker(
    home: Path, mode: tuple[str, ...], expected: int
) -> None:
    async with running_broker(home, *mode) as broker:
        found = broker.socket.lstat()
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == expected

        assert await broker.stop() == 0

    assert not broker.socket.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(home: Path, number: signal.Signals) -> None:
    async with running_broker(home) as broker:
        broker.process.send_signal(number)

        assert await asyncio.wait_for(broker.process.wait(), PATIENCE) == 0

    assert not broker.socket.exists()


async def test_the_socket_of_a_killed_broker_is_removed_by_the_next(home: Path) -> None:
    put_login(home)
    async with running_broker(home) as broker:
        broker.process.kill()
        await broker.process.wait()
        assert broker.socket.exists()

    async with running_broker(home) as broker:
        assert (await broker.token("codex")).status == 200


async def test_nobody_who_sees_the_folder_keeps_a_broker_from_starting(home: Path) -> None:
    """Agents in containers see the folder, and a lock needs no right to write."""
    put_login(home)
    (home / "run").mkdir(mode=0o755)
    folder = os.open(home / "run", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        async with running_broker(home, "--mode", "0666") as broker:
            assert (await broker.token("codex")).status == 200
            assert stat.S_IMODE((home / "run/auth.sock.lock").stat().st_mode) == 0o600
    finally:
        os.close(folder)


async def test_a_living_broker_keeps_its_socket(home: Path) -> None:
    put_login(home)
    async with running_broker(home) as broker:
        said = await refused(home, "--socket", str(broker.socket))

        assert "already listens" in said
        assert (await broker.token("codex")).status == 200


async def test_of_brokers_that_start_together_over_a_stale_socket_one_serves(home: Path) -> None:
    place = home / "run/auth.sock"
    place.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(place))
    put_login(home)

    async def start() -> bool:
        try:
            async with running_broker(home) as broker:
                served = (await broker.token("codex")).status == 200
                await asyncio.sleep(3)  # the others come while it serves
                return served and (await broker.token("codex")).status == 200
        except AssertionError:
            return False

    assert sum(await asyncio.gather(*(start() for _ in range(3)))) == 1


@pytest.mark.parametrize("kind", ["file", "folder", "link", "fifo"])
async def test_another_file_in_its_place_is_left_alone(home: Path, kind: str) -> None:
    place = home / "run/auth.sock"
    place.parent.mkdir()
    if kind == "file":
        place.write_text("precious")
    elif kind == "folder":
        place.mkdir()
    elif kind == "link":
        place.symlink_to(home / "elsewhere")
    else:
        os.mkfifo(place)
    before = place.lstat()

    assert "is no socket" in await refused(home, "--socket", str(place))
    assert place.lstat() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a socket of another user")
async def test_the_stale_socket_of_another_user_is_left_alone(home: Path) -> None:
    place = home / "run/auth.sock"
    place.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(place))
    os.chown(place, 4711, 4711)

    assert "is a socket of uid 4711" in await refused(home, "--socket", str(place))
    assert place.exists()


async def test_the_socket_of_another_program_is_left_alone(home: Path) -> None:
    place = home / "run/auth.sock"
    place.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place))
        other.listen()

        assert "already listens" in await refused(home, "--socket", str(place))
        assert place.exists()


async def test_a_broker_removes_no_socket_that_took_the_place_of_its_own(home: Path) -> None:
    async with running_broker(home) as broker:
        broker.socket.unlink()
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(broker.socket))

            assert await broker.stop() == 0

    assert broker.socket.exists()


async def test_the_socket_never_lies_in_the_folder_of_the_store(home: Path) -> None:
    put_login(home)
    (home / "link").symlink_to(home / ".openab/agent")

    assert "the store's folder" in await refused(home, "--socket", str(home / ".openab/agent/auth.sock"))
    assert "the store's folder" in await refused(home, "--socket", str(home / "link/auth.sock"))
    assert "the store's folder" in await refused(home, "--store", "here/auth.json", "--socket", "here/auth.sock")


async def test_the_socket_never_lies_in_a_folder_above_the_store(home: Path) -> None:
    """A container that gets the folder of the socket gets the folders in it, too."""
    put_login(home)
    (home / "elsewhere").mkdir()
    (home / "elsewhere/auth.json").symlink_to(home / ".openab/agent/auth.json")

    assert "the store's folder" in await refused(home, "--socket", str(home / ".openab/auth.sock"))
    assert "the store's folder" in await refused(
        home, "--store", "elsewhere/auth.json", "--socket", str(home / ".openab/agent/auth.sock")
    )


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8787", "[::]:8787", "192.168.1.2:8787", "example.com:8787", ":8787", "127.0.0.1", "127.0.0.1:99999",
     "::1:8787", "*:8787", "127.0.0.1:-1", "127.0.0.1:http", "localhost.evil.example:1", "[fe80::1]:8787"],
)  # fmt: skip
def test_it_listens_on_no_address_but_loopback(address: str) -> None:
    with pytest.raises(NotLoopbackError):
        read_address(address)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:0", "127.0.0.1", 0), ("127.8.8.8:80", "127.8.8.8", 80), ("localhost:8787", "127.0.0.1", 8787),
     ("[::1]:8787", "::1", 8787)],
)  # fmt: skip
def test_a_loopback_address_is_read(text: str, host: str, port: int) -> None:
    assert read_address(text) == (host, port)


async def test_a_refused_address_is_status_2_before_there_is_a_socket(home: Path) -> None:
    assert "loopback" in await refused(home, "--socket", str(home / "run/auth.sock"), "--listen", "0.0.0.0:0")
    assert not (home / "run").exists()


async def test_a_taken_port_is_status_6_and_leaves_no_socket(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"

        words = ("--socket", str(home / "run/auth.sock"), "--listen", address)
        assert "not available" in await refused(home, *words, status=6)

    assert not (home / "run/auth.sock").exists()


async def test_a_path_too_long_for_a_socket_is_status_2(home: Path) -> None:
    assert "could not be made" in await refused(home, "--socket", str(home / ("x" * 120) / "auth.sock"))


def test_the_default_place_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(listening, "_SYSTEM_FOLDER", str(tmp_path / "missing"))

    assert default_socket({"XDG_RUNTIME_DIR": "/run/user/1000"}) == Path("/run/user/1000/openab-auth/auth.sock")
    for environ in ({}, {"XDG_RUNTIME_DIR": "relative"}):
        with pytest.raises(NoSocketPlaceError):
            default_socket(environ)
    (tmp_path / "missing").mkdir()
    assert default_socket({"XDG_RUNTIME_DIR": "/run/user/1000"}) == tmp_path / "missing/auth.sock"
