"""Bots in processes of their own, which settle who writes; each says on its standard output when that changes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.patience import PATIENCE

_BOT = """
import asyncio, json, sys
from pathlib import Path
from openab_auth.cogs.auth.service.posting_lease import LeaseTimes, PostingLease
from openab_auth.storage import AsyncStore, open_store
from openab_auth.storage.options import StoreLocation, StoreOptions

async def main(location, application, times):
    lease = PostingLease(AsyncStore(open_store(location)), LeaseTimes(*times))
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(0, stop.set)
    lease.start(application, lambda: True)
    had_it = False
    print("started", flush=True)
    while not stop.is_set():
        if lease.is_held != had_it:
            had_it = not had_it
            print("held" if had_it else "lost", flush=True)
        await asyncio.sleep(0.01)
    await lease.aclose()
    print("stopped", flush=True)

where, application, times = json.loads(sys.argv[1])
location = where if isinstance(where, str) else StoreLocation(where[0], StoreOptions(**where[1]))
asyncio.run(main(location, application, times))
"""
SOON = (1.0, 0.3, 0.05)  # the lease lasts, is renewed and is looked at after so many seconds
LONG = (600.0, 200.0, 0.05)


@dataclass(frozen=True, slots=True)
class Bot:
    """One process; `lines` is what it has said."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)

    async def next(self) -> str:
        """Wait for the next change."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            self.lines.append((await self.process.stdout.readline()).decode().strip())
        return self.lines[-1]

    async def stop(self) -> str:
        """Stop it cleanly; return the rest of what it says."""
        rest, _ = await asyncio.wait_for(self.process.communicate(b"\n"), PATIENCE)
        return rest.decode()


@asynccontextmanager
async def bot(where: object, application: int = 7, times: tuple[float, ...] = SOON) -> AsyncIterator[Bot]:
    """Run a bot until the block ends."""
    pipe = asyncio.subprocess.PIPE
    words = json.dumps([where, application, times])
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _BOT, words, stdin=pipe, stdout=pipe)
    try:
        started = Bot(process)
        assert await started.next() == "started"
        yield started
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
