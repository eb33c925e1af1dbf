"""Of several bots of one Discord application, one writes; another takes over whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest

from openab_auth.cogs.auth.service.posting_lease import LeaseTimes, PostingLease
from openab_auth.storage import AsyncStore, FileStore, MemoryStore, StoreUnwritableError
from openab_auth.storage.file.locks.flock import Flock
from openab_auth.storage.file.locks.timed import TimedFileLease
from tests.cogs.auth.service.posting.bots import LONG, bot
from tests.support.clock import Clock
from tests.support.patience import PATIENCE, until
from tests.support.postgres.server import Server
from tests.support.postgres.stores import make_store

Where: TypeAlias = str | list[Any]
SIDECAR = "auth.json.posting.7.lock"


@pytest.fixture(params=["file", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """Return the place of a new store, as a process takes it."""
    if request.param == "file":
        return str(tmp_path / "auth.json")
    server, schema = request.getfixturevalue("postgres"), request.getfixturevalue("schema")
    options: dict[str, Any] = {"keys": (), "plaintext": True}
    with closing(make_store(server, schema, tmp_path / "journal", **options)):
        return [server.url("rows"), {"schema": schema, "journal": str(tmp_path / "journal"), **options}]


@pytest.fixture
def unusable(request: pytest.FixtureRequest, where: Where, tmp_path: Path) -> Callable[[], Any]:
    """Return a context in which nobody can take the lease."""

    @contextmanager
    def no_file() -> Iterator[None]:
        (tmp_path / SIDECAR).unlink()
        (tmp_path / SIDECAR).mkdir()
        yield
        (tmp_path / SIDECAR).rmdir()

    @contextmanager
    def no_table() -> Iterator[None]:
        server: Server = request.getfixturevalue("postgres")
        schema = where[1]["schema"]  # type: ignore[index]  # it is a list here
        with psycopg.connect(server.url("owner"), autocommit=True) as owner:
            owner.execute(f"alter table {schema}.leases rename to away")
            yield
            owner.execute(f"alter table {schema}.away rename to leases")

    return no_file if isinstance(where, str) else no_table


async def test_another_bot_takes_over_from_one_that_dies_or_stands_still(where: Where) -> None:
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(bot(where)) for _ in range(2)]
        holder, other = (first, second) if await _first_to_speak(first, second) is first else (second, first)

        holder.process.kill()
        assert await other.next() == "held"

        third = await stack.enter_async_context(bot(where))
        other.process.send_signal(signal.SIGSTOP)
        assert await third.next() == "held"
        other.process.send_signal(signal.SIGCONT)
        assert await other.next() == "lost"  # before it could have written anything

        third.process.kill()
        assert await other.next() == "held"


async def test_a_clean_stop_hands_over_at_once(where: Where) -> None:
    """The lease would last for ten minutes: a rolling restart costs none of them."""
    async with bot(where, times=LONG) as leaving:
        assert await leaving.next() == "held"
        async with bot(where, times=LONG) as other, bot(where, application=8, times=LONG) as of_another_application:
            assert await of_another_application.next() == "held"
            assert await leaving.stop() == "stopped\n"
            assert await other.next() == "held"


async def test_a_bot_that_cannot_use_the_store_stops_writing_until_it_can(
    where: Where, unusable: Callable[[], Any]
) -> None:
    async with bot(where) as alone:
        assert await alone.next() == "held"
        with unusable():
            assert await alone.next() == "lost"
        assert await alone.next() == "held"


async def _first_to_speak(*bots: Any) -> Any:
    """Wait until one of the bots has the lease."""
    waiting = {asyncio.create_task(each.next()): each for each in bots}
    done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    (speaking,) = done
    assert speaking.result() == "held"
    return waiting[speaking]


def test_a_clock_that_begins_anew_keeps_nobody_out(tmp_path: Path) -> None:
    path, now = tmp_path / SIDECAR, 90_000.0
    before = TimedFileLease(path, lambda: now)
    assert before.take("a", 10)
    assert TimedFileLease(path, lambda: 30.0).take("b", 10)


def test_a_process_that_stands_with_the_flock_is_replaced(tmp_path: Path) -> None:
    path, clock = tmp_path / SIDECAR, Clock(90_000.0)
    assert TimedFileLease(path, clock).take("holder", 10)
    standing, others = Flock(path), [TimedFileLease(path, clock) for _ in range(2)]
    assert standing.try_acquire()

    assert not any(other.take("other", 10) for other in others)
    clock.now += 6
    assert not any(other.take("other", 10) for other in others)
    assert not any(other.take("other", 10) for other in others)  # the holder has its time all the same
    clock.now += 5
    assert others[0].take("a", 10)
    assert not others[1].take("b", 10)

    standing.write(b'{"holder": "stood", "until": 1e9, "seconds": 1e9}')  # it goes on, with a file of nobody
    assert not standing.is_in_place()
    assert others[0].take("a", 10)


@pytest.mark.parametrize(
    "torn",
    [
        *(b"", b"{", b"[]", b'{"holder": "a"}', b'{"holder": "a", "until": "x", "seconds": 1}'),
        b'{"holder": "a", "until": 1%s, "seconds": 1}' % (b"0" * 400),
    ],
)
def test_a_damaged_lease_is_free(torn: bytes, tmp_path: Path) -> None:
    (tmp_path / SIDECAR).write_bytes(torn)
    assert TimedFileLease(tmp_path / SIDECAR).take("b", 10)


async def test_a_database_whose_clock_was_set_back_keeps_nobody_out(
    postgres: Server, schema: str, tmp_path: Path
) -> None:
    with closing(make_store(postgres, schema, tmp_path / "journal")) as store:
        a, b = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
        assert store.timed_lease("posting.7").take(a, 10)
        with psycopg.connect(postgres.url("owner"), autocommit=True) as owner:  # an hour, as everybody then sees it
            ahead = "interval '1 hour'"
            owner.execute(f"update {schema}.leases set until = until + {ahead}, posted_at = posted_at + {ahead}")
        assert store.timed_lease("posting.7").take(b, 10)


class TestWithoutProcesses:
    """A bot whose clock and connection the test moves."""

    @pytest.fixture
    def now(self) -> list[float]:
        return [1000.0]

    async def test_a_bot_without_a_connection_renews_nothing(self, now: list[float]) -> None:
        store, connected = AsyncStore(MemoryStore()), [True]
        lease = PostingLease(store, LeaseTimes(10, 0.01, 0.01), lambda: now[0])
        lease.start(7, lambda: connected[0])
        await lease.pause(PATIENCE)  # ends with the lease, and not with the time
        assert lease.is_held
        connected[0] = False
        await asyncio.sleep(0)
        now[0] += 11  # also what a suspended machine sees when it wakes up
        assert not lease.is_held
        connected[0] = True
        await until(lambda: lease.is_held)
        await lease.aclose()
        assert not lease.is_held

    async def test_trouble_is_logged_once_and_its_end_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        tries: list[bool] = []
        take = TimedFileLease.take

        def fail_at_first(self: TimedFileLease, holder: str, seconds: float) -> bool:
            tries.append(len(tries) >= 3)
            if not tries[-1]:
                raise StoreUnwritableError(tmp_path / SIDECAR, OSError(28, "No space left on device"))
            return take(self, holder, seconds)

        monkeypatch.setattr(TimedFileLease, "take", fail_at_first)
        lease = PostingLease(AsyncStore(FileStore(tmp_path / "auth.json")), LeaseTimes(10, 0.01, 0.01))
        with caplog.at_level(logging.INFO):
            lease.start(7, lambda: True)
            await until(lambda: len(tries) > 5)
            await lease.aclose()

        told = [record.message for record in caplog.records if "writes notices" in record.message]
        assert [line.partition(":")[0] for line in told] == [
            "could not settle which bot writes notices and login requests",
            "this bot of this Discord application writes notices and login requests",
        ]
