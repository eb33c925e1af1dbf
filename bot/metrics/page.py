"""The page `/metrics`: what was counted, together with what the store and the checks say at this moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from openab_auth.bot.metrics.stored import StoredNumbers, read_numbers
from openab_auth.storage import StorageError
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from prometheus_client import Metric

    from openab_auth.bot.health.readiness import CheckReport, Readiness
    from openab_auth.bot.metrics.registry import Metrics
    from openab_auth.oauth.runtime import Runtime

_READ: Final = 5.0  # seconds
_SHARED: Final = 1.0  # seconds
_log: Final = logging.getLogger(__name__)


class MetricsPage:
    """Answers each scrape. A store that cannot be read costs its own metrics alone.

    All scrapes of a second share one reading of the store, so that no number of them delays the store's own work.
    `clock` is monotonic.
    """

    def __init__(
        self,
        metrics: Metrics,
        runtime: Runtime,
        readiness: Readiness,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics = metrics
        self._runtime = runtime
        self._readiness = readiness
        self._clock = clock
        self._turn = asyncio.Lock()
        self._until = float("-inf")
        self._moment: Moment | None = None
        self._texts: dict[str, bytes] = {}
        self._is_readable = True

    async def __call__(self, accept: str) -> tuple[str, bytes]:
        """Return the content type and the text, in the format that the Accept header asks for."""
        try:
            encode, kind = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is no number
            encode, kind = choose_encoder("")
        async with self._turn:
            if self._moment is None or self._clock() >= self._until:
                self._moment = await self._look()
                self._texts.clear()
                self._until = self._clock() + _SHARED
            if kind not in self._texts:
                self._texts[kind] = await in_thread(encode, self._moment)
            return kind, self._texts[kind]

    async def _look(self) -> Moment:
        checks, numbers = await self._readiness.current(), await self._numbers()
        return Moment(self._metrics, checks, len(asyncio.all_tasks()), numbers)

    async def _numbers(self) -> StoredNumbers | None:
        now = self._runtime.clock()
        try:
            async with asyncio.timeout(_READ):
                catalogue = await self._runtime.load_catalogue()
                numbers = await self._runtime.store.run(partial(read_numbers, catalogue=catalogue, now=now))
        except (StorageError, TimeoutError) as error:
            if self._is_readable:  # said once, because strangers may scrape
                _log.warning("scrapes lack the metrics of the store (%s)", type(error).__name__)
            self._is_readable = False
            return None
        if not self._is_readable:
            _log.info("scrapes have the metrics of the store again")
        self._is_readable = True
        return numbers


class Moment(Collector):
    """Everything that one scrape tells; `numbers` is None if the store cannot be read."""

    def __init__(
        self, metrics: Metrics, checks: tuple[CheckReport, ...], tasks: int, numbers: StoredNumbers | None
    ) -> None:
        self._metrics = metrics
        self._checks = checks
        self._tasks = tasks
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its series."""
        yield from self._metrics.collect()
        yield _gauge("ready", "1 while the process is ready.", all(check.ok for check in self._checks))
        well = _labelled("check_well", "1 while a check of readiness is well.", "check")
        for check in self._checks:
            well.add_metric([check.name], check.is_well)
        yield well
        yield _gauge("tasks", "Tasks in the event loop.", self._tasks)
        yield _gauge("store_readable", "1 if the store could be read for this scrape.", self._numbers is not None)
        if self._numbers is not None:
            yield from _of_store(self._numbers)


def _of_store(numbers: StoredNumbers) -> Iterator[Metric]:
    logins = _labelled("logins", "Logins in the store.", "vendor", "state")
    for (vendor, state), count in sorted(numbers.logins.items()):
        logins.add_metric([vendor, state], count)
    yield logins
    told = "Seconds until a token ends, for the accounts of a vendor that end first."
    ends = _labelled("next_expiry_seconds", told, "vendor", "renewable", "rank")
    for key, end in sorted(numbers.ends.items()):
        ends.add_metric([key.vendor, "true" if key.renewable else "false", str(key.rank)], end)
    yield ends
    yield _gauge("spills", "Renewed logins in the journal, which wait for a commit.", numbers.spills)
    yield _gauge("thread_requests", "Open requests of agents for a login.", numbers.requests)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"openab_auth_{name}", told, value=float(value))


def _labelled(name: str, told: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"openab_auth_{name}", told, labels=labels)
