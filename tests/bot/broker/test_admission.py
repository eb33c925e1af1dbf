"""Who is admitted: a key alone, or a user of this host whom the config names."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from openab_auth.bot.broker import revoke_key
from tests.bot.broker.running_broker import SOON, RunningBroker, make_key, put_key, put_login, running_broker, store_of
from tests.support.patience import PATIENCE

CLIENT = """
import json, os, socket, sys
uid, path, *headers = sys.argv[1:]
if int(uid) != os.geteuid():
    os.setgroups([])
    os.setgid(int(uid))
    os.setuid(int(uid))
with socket.socket(socket.AF_UNIX) as peer:
    peer.connect(path)
    lines = ["GET /v1/token/codex HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    peer.sendall("\\r\\n".join(lines).encode())
    answer = b"".join(iter(lambda: peer.recv(65536), b""))
print(answer.split()[1].decode())
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def open_home() -> Iterator[Path]:
    """Return a home that every user may enter; pytest's own folders are for their owner alone."""
    folder = Path(tempfile.mkdtemp(prefix="openab-auth-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def status_for(uid: int, broker: RunningBroker, *headers: str) -> int:
    """Ask for a token as another user of this host."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", CLIENT, str(uid), str(broker.socket), *headers, stdout=subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return int(out)


def write_config(home: Path, uids: list[int]) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f"[broker]\nuids = {json.dumps(uids)}\n")


async def test_on_the_socket_our_own_user_needs_no_key(broker: RunningBroker) -> None:
    assert (await broker.token("codex")).status == 200


async def test_on_tcp_every_client_needs_a_key(broker: RunningBroker, key: str) -> None:
    assert (await broker.token("codex", tcp=True)).problem == (401, "unauthorized")
    assert (await broker.token("codex", tcp=True, key=key)).status == 200


async def test_a_request_with_a_key_is_judged_by_the_key_alone(broker: RunningBroker, home: Path) -> None:
    """The uid of a container may be ours, so that its key must not give it more than the key covers."""
    put_login(home, "anthropic-oauth")

    assert (await broker.token("claude")).status == 200
    assert (await broker.token("claude", key=put_key(home, "ci", "codex"))).problem == (403, "not_covered")
    assert (await broker.token("claude", key="oab_wrong")).problem == (401, "unauthorized")


async def test_wrong_expired_and_revoked_keys_get_the_same_answer(broker: RunningBroker, home: Path) -> None:
    expired = put_key(home, "expired", "codex", expires_at=int(time.time()) - 1)
    revoked = put_key(home, "revoked", "codex")
    store_of(home).update(lambda draft: revoke_key(draft, "revoked"))
    right = put_key(home, "ci", "codex")
    keys = [expired, revoked, right[:-1], right + "x", right.upper(), "", "oab_"]

    replies = [await broker.token("codex", key=key) for key in keys]
    replies += [
        await broker.ask("/v1/token/codex", headers={"Authorization": value})
        for value in (f"Basic {right}", right, "Bearer", f"Bearer {right} {right}", "Bearer \xe9")
    ]
    replies += [await broker.ask(path, key="oab_wrong") for path in ("/v1/status", "/v1/nothing", "/v1/token/claude")]

    assert {reply.problem for reply in replies} == {(401, "unauthorized")}
    assert len({json.dumps(reply.body) for reply in replies}) == 1
    assert {reply.headers["WWW-Authenticate"] for reply in replies} == {'Bearer realm="openab-auth"'}


async def test_a_revoked_key_ends_within_a_second(broker: RunningBroker, home: Path, key: str) -> None:
    assert (await broker.token("codex", key=key)).status == 200

    store_of(home).update(lambda draft: revoke_key(draft, "ci"))
    revoked_at = time.monotonic()
    last_answer = revoked_at
    while (await broker.token("codex", key=key)).status == 200:
        last_answer = time.monotonic()

    assert last_answer - revoked_at < SOON


async def test_a_new_key_works_within_a_second(broker: RunningBroker, home: Path, key: str) -> None:
    assert (await broker.token("codex", key=key)).status == 200

    made_at, other = time.monotonic(), put_key(home, "other", "codex")
    while (await broker.token("codex", key=other)).status == 401:
        assert time.monotonic() < made_at + PATIENCE

    assert time.monotonic() - made_at < SOON


@needs_root
async def test_another_user_of_this_host_needs_a_key_or_the_config(open_home: Path) -> None:
    put_login(open_home)
    write_config(open_home, [0, 4711])
    async with running_broker(open_home, "--mode", "0666") as broker:
        key = make_key(open_home, "ci", "--tenant", "codex")

        assert await status_for(4711, broker) == 200
        assert await status_for(4712, broker) == 401
        assert await status_for(4712, broker, f"Authorization: Bearer {key}") == 200
        assert await status_for(4711, broker, "Authorization: Bearer oab_wrong") == 401


@needs_root
async def test_the_overflow_uid_needs_a_key_even_if_the_config_names_it(open_home: Path) -> None:
    """Every user who has no uid in our user namespace shows it."""
    put_login(open_home)
    write_config(open_home, [0, 65534])
    async with running_broker(open_home, "--mode", "0666") as broker:
        key = make_key(open_home, "ci", "--tenant", "codex")

        assert await status_for(65534, broker) == 401
        assert await status_for(65534, broker, f"Authorization: Bearer {key}") == 200


@needs_root
async def test_the_config_can_shut_out_our_own_user(open_home: Path) -> None:
    put_login(open_home)
    write_config(open_home, [4711])
    async with running_broker(open_home) as broker:
        assert await status_for(0, broker) == 401
