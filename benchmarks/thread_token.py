"""A warm `TokenSource.get_valid` in a thread against one without a thread; in turns.

Goal: at most 1.5 times, for the shared default, a choice in the thread and a person's own account. Prints the medians
and their ratios.
"""

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    NEVER,
    PERSONAL_ACCOUNTS,
    Agreement,
    Draft,
    FileStore,
    Policies,
    Secret,
    SeenThread,
    ThreadChoices,
    TokenEntry,
    UserId,
)

ROUNDS = 40
CALLS = 500
THREADS = {"no thread": None, "shared": 1, "chosen": 2, "personal": 3}


def fill(draft: Draft) -> None:
    """Write the accounts of a vendor, and a thread for each rule among a thousand others."""
    for key in ("codex", "codex@work", "codex@u41"):
        draft[key] = TokenEntry(Secret("a" * 900), Secret("r" * 90), NEVER, "https://as.example/token", key)
    for thread in range(1, 1001):
        draft.threads[f"thread:{thread}"] = SeenThread(1, 700, 71 if thread == THREADS["personal"] else 70, UserId(41))
    draft.threads["policy:1"] = Policies(channels={71: PERSONAL_ACCOUNTS})
    draft.threads["choice:2"] = ThreadChoices({"codex": "work"})
    draft.threads["agreement:41"] = Agreement(all_own=True)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "auth.json"
        FileStore(path).update(fill)
        for file in Path(folder).iterdir():
            os.utime(file, (time.time() - 60, time.time() - 60))
        time.sleep(0.05)  # a file this young is read again in case it changes within one tick of the clock
        medians = asyncio.run(_measure(path))
    for name, seconds in medians.items():
        print(f"{name:10}{seconds * 1e6:8.2f} us{seconds / medians['no thread']:8.2f} x no thread")


async def _measure(path: Path) -> dict[str, float]:
    """Return the median seconds of a call, for each rule."""
    async with AsyncExitStack() as stack:
        sources = {}
        for name, thread in THREADS.items():
            source = TokenSource(FileStore(path), catalogue=Catalogue.shipped({}), thread=thread)
            sources[name] = await stack.enter_async_context(source)
            await source.get_valid("codex")
        times: dict[str, list[float]] = {name: [] for name in THREADS}
        for _ in range(ROUNDS):
            for name, source in sources.items():
                begun = time.perf_counter()
                for _ in range(CALLS):
                    await source.get_valid("codex")
                times[name].append((time.perf_counter() - begun) / CALLS)
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    main()
