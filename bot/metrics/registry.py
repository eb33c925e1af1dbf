"""The metrics that are counted while a bot or broker works, in a registry of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector

from openab_auth.bot.metrics.labels import outcome_label, reason_label, vendor_label

if TYPE_CHECKING:
    from prometheus_client import Metric

    from openab_auth.oauth.observer import RefreshReport
    from openab_auth.storage.commit.timing import CommitReport

_DISK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_VENDOR: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0)  # seconds
_DISCORD: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0)  # seconds; Discord waits for 3
_CREATED: Final = "_created"  # the library tells when each series began; nobody asks for it


class Metrics:
    """Counts what the floors below tell; it is the observer of all of them. Threads may share it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._begun = self._counter("logins_begun", "Logins for which a person got a link or a code.", "vendor")
        self._finished = self._counter("logins_finished", "Logins that were stored.", "vendor")
        self._refused = self._counter("logins_refused", "Steps of logins that failed.", "step", "reason")
        self._refreshes = self._counter("refreshes", "Refreshes of logins.", "vendor", "outcome")
        self._refreshing = self._histogram("refresh_seconds", "Refreshes at the vendor.", _VENDOR, "vendor")
        self._commits = self._counter("commits", "Commits of the store.", "outcome")
        self._committing = self._histogram("commit_seconds", "Commits, with the wait for the lock.", _DISK)
        self._waiting = self._histogram("lock_wait_seconds", "Waits of commits for the lock of the store.", _DISK)
        self._acknowledging = self._histogram(
            "acknowledgement_seconds", "Acknowledgements of interactions at Discord.", _DISCORD, "outcome"
        )
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def login_step(self, step: Literal["begin", "finish"], vendor: str | None, error: BaseException | None) -> None:
        """Count one step of a login."""
        if error is not None:
            self._refused.labels(step, reason_label(error)).inc()
        else:
            (self._begun if step == "begin" else self._finished).labels(vendor_label(vendor)).inc()

    def acknowledged(self, outcome: Literal["taken", "late", "refused", "no_answer"], seconds: float) -> None:
        """Count one acknowledgement."""
        self._acknowledging.labels(outcome).observe(seconds)

    def refreshed(self, report: RefreshReport) -> None:
        """Count one refresh; the time of one that another process made says nothing about the vendor."""
        vendor = vendor_label(report.vendor)
        self._refreshes.labels(vendor, "adopted" if report.adopted else outcome_label(report.error)).inc()
        if not report.adopted:
            self._refreshing.labels(vendor).observe(report.seconds)

    def committed(self, report: CommitReport) -> None:
        """Count one commit."""
        self._commits.labels(outcome_label(report.error)).inc()
        self._committing.observe(report.seconds)
        self._waiting.observe(report.waited)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its series."""
        for metric in self._registry.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith(_CREATED)]
            yield metric

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(name, help_, labels, namespace="openab_auth", registry=self._registry)

    def _histogram(self, name: str, help_: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, help_, labels, namespace="openab_auth", buckets=buckets, registry=self._registry)
