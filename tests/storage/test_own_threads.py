"""All default threads of the event loop are busy, as with lookups at a silent name server or with a host bot's work."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from openab_auth.storage import NOTES, AsyncStore, FileStore, in_thread
from tests.storage.entries import put, token
from tests.support.patience import PATIENCE

_MORE_THAN_ALL = 40  # the default threads are at most 32


@pytest.fixture
async def taken() -> AsyncIterator[None]:
    """Keep every default thread of this loop busy until the test has ended."""
    done = threading.Event()
    waiting = [asyncio.create_task(asyncio.to_thread(done.wait, PATIENCE)) for _ in range(_MORE_THAN_ALL)]
    await asyncio.sleep(0)
    yield
    done.set()
    await asyncio.gather(*waiting)


@pytest.mark.usefixtures("taken")
async def test_work_of_others_in_all_default_threads_delays_no_commit(path: Path) -> None:
    """A new token that waits for a name server could be lost."""
    store = AsyncStore(FileStore(path))

    async with asyncio.timeout(PATIENCE / 2):
        await store.update(put("lab", token("lab")))
        assert "lab" in await store.read()
        assert not await store.records(NOTES)


def test_the_threads_end_with_their_event_loop() -> None:
    thread = asyncio.run(in_thread(threading.current_thread))
    gc.collect()

    thread.join(PATIENCE)
    assert thread is not threading.current_thread()
    assert not thread.is_alive()
