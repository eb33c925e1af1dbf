"""Serve the health and the metrics of one process, if its config has an address for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import ConfigError

if TYPE_CHECKING:
    from openab_auth.bot.health.readiness import Check
    from openab_auth.bot.metrics.registry import Metrics
    from openab_auth.oauth.config import IpAddress
    from openab_auth.oauth.runtime import Runtime

_MISSING: Final = "needs prometheus-client, which is not installed here; run `pip install prometheus-client`"


def open_metrics(key: str, file: str | None) -> Metrics:
    """Return new metrics, for the address at `key` of the config `file`.

    Raises:
        ConfigError: the library for metrics is not installed.
    """
    try:
        from openab_auth.bot.metrics.registry import Metrics  # noqa: PLC0415 - it may be missing
    except ImportError as error:
        if not (error.name or "").startswith("prometheus_client"):
            raise
        raise ConfigError(file or "the config", ((key, _MISSING),)) from None
    return Metrics()


@asynccontextmanager
async def serving(
    address: IpAddress, metrics: Metrics, runtime: Runtime, checks: Sequence[Check]
) -> AsyncIterator[str]:
    """Answer probes and scrapes on `address` during the block; yield the URL.

    Raises:
        HealthAddressError: the system refuses the address.
    """
    from openab_auth.bot.health.readiness import Readiness  # noqa: PLC0415 - a process without probes needs no server
    from openab_auth.bot.health.server import serving_health  # noqa: PLC0415 - as above
    from openab_auth.bot.metrics.page import MetricsPage  # noqa: PLC0415 - as above

    readiness = Readiness(checks)
    async with serving_health(address, readiness, MetricsPage(metrics, runtime, readiness)) as url:
        yield url
