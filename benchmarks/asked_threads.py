"""200 threads ask for a login at once while Discord answers every second message with 429; `/auth status` meanwhile.

Prints the seconds until each thread has its message, how many threads have exactly one, and the median acknowledgement
of `/auth status` while the messages are written, against the time without requests, in the same run.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from openab_auth.bot.client import AuthBot, point_discord_at
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.cogs.auth import DiscordSettings, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.storage import FileStore, Secret, ThreadId

THREADS = 200
ROUNDS = 15


async def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedDiscord.listening() as server:
            ada = server.person("ada")
            parent = server.state.text_channel_id
            threads = [server.state.new_thread(f"t{number}", parent, ada.user).id for number in range(THREADS)]
            settings = DiscordSettings(
                bot_token=Secret(server.bot_token), allow_all_users=True, api_base=server.api_base
            )
            store = str(Path(folder) / "auth.json")
            service = open_service(Runtime.open(Config(), store, {}, time.time), settings, closes_runtime=True)
            await point_discord_at(server.api_base)
            bot = AuthBot(settings, service)
            running = asyncio.create_task(bot.start(server.bot_token))
            await bot.connected.wait()
            await bot.wait_until_ready()
            while ThreadRecords(FileStore(store).threads()).owner(ThreadId(int(threads[0]))) is None:  # noqa: ASYNC110 - the bot looks for it
                await asyncio.sleep(0.1)
            quiet = await acknowledged(ada, lambda: False)
            for _ in range(THREADS // 2):
                server.faults.next("message", status=429, retry_after=0.5, passing=1)
            begun, busy = time.perf_counter(), asyncio.Event()
            async with Runtime(FileStore(store), environ={}) as agents:
                await asyncio.gather(*(LoginRequests(agents, ThreadId(int(one))).ask("codex") for one in threads))
            asked = time.perf_counter() - begun

            def written() -> list[int]:
                return [len([each for each in server.state.messages[one] if not each.seen_by]) for one in threads]

            meanwhile = asyncio.create_task(acknowledged(ada, busy.is_set))
            while not all(written()):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
            ended = time.perf_counter() - begun
            busy.set()
            loud = await meanwhile
            await asyncio.sleep(2)
            print(f"{THREADS} requests stored in {asked:.1f} s, every thread has its message after {ended:.1f} s")
            print(f"threads with exactly one message: {written().count(1)} of {THREADS}")
            print(f"/auth status acknowledged: quiet {quiet:.1f} ms, meanwhile {loud:.1f} ms, {loud / quiet:.2f} times")
            await service.aclose()
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)


async def acknowledged(person: Person, is_over: Callable[[], bool]) -> float:
    """Median milliseconds to the acknowledgement of `/auth status`, in at most `ROUNDS` rounds."""
    times: list[float] = []
    while len(times) < ROUNDS and not (times and is_over()):
        answer = await person.slash("auth status")
        await answer.settled()
        times.append(answer.ack_ms or float("inf"))
    return statistics.median(times)


if __name__ == "__main__":
    asyncio.run(main())
