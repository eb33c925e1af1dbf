"""The page `/metrics`: what was counted, together with what the store and the checks say at this moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
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
_log: Final = logging.getLogger(__name__)


class MetricsPage:
    """Answers each scrape. A store that cannot be read costs its own metrics alone."""

    def __init__(self, metrics: Metrics, runtime: Runtime, readiness: Readiness) -> None:
        self._metrics = metrics
        self._runtime = runtime
        self._readiness = readiness

    async def __call__(self, accept: str) -> tuple[str, bytes]:
        """Return the content type and the text, in the format that the Accept header asks for."""
        encode, kind = choose_encoder(accept)
        checks, numbers = await self._readiness.current(), await self._numbers()
        moment = Moment(self._metrics, checks, len(asyncio.all_tasks()), numbers)
        return kind, await in_thread(encode, moment)

    async def _numbers(self) -> StoredNumbers | None:
        now = self._runtime.clock()
        try:
            async with asyncio.timeout(_READ):
                catalogue = await self._runtime.load_catalogue()
                return await self._runtime.store.run(partial(read_numbers, catalogue=catalogue, now=now))
        except (StorageError, TimeoutError) as error:
            _log.warning("the metrics of the store are missing in a scrape (%s)", type(error).__name__)
            return None


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
