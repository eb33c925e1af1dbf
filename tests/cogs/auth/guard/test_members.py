"""The roles that Discord reports when a login ends; the server that answers runs in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from openab_auth.cogs.auth.guard import Members, members
from openab_auth.storage import UserId

_DEADLINE, _PAUSE = 0.5, 1.5  # seconds


@pytest.fixture
def port() -> Iterator[int]:
    """Answer one request after a moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            accepted, _ = listener.accept()
            with accepted:
                accepted.recv(100)
                time.sleep(0.2)
                accepted.sendall(b"there\n")

        answering = threading.Thread(target=answer)
        answering.start()
        yield listener.getsockname()[1]
        answering.join()


async def test_a_pause_of_the_process_is_not_taken_for_silence_of_discord(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a login that its person has approved would be revoked."""
    monkeypatch.setattr(members, "_DEADLINE", _DEADLINE)

    async def fetch_member(user: int) -> SimpleNamespace:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"who?\n")
        asyncio.get_running_loop().call_later(0.05, time.sleep, _PAUSE)
        assert await reader.readline() == b"there\n"
        writer.close()
        return SimpleNamespace(id=user, bot=False)

    client: Any = SimpleNamespace(get_guild=lambda _: SimpleNamespace(fetch_member=fetch_member))

    assert (await Members(cast("discord.Client", client)).caller(UserId(7), 1)).user == 7
