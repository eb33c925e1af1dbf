"""What a scrape tells, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Series = tuple[str, frozenset[tuple[str, str]]]


def series_of(text: str) -> Mapping[Series, float]:
    """Return the value of each series of a scrape."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(scrape: Mapping[Series, float], name: str, **labels: str) -> float | None:
    """Return the value of one series, None if there is none; the name is without our prefix."""
    return scrape.get((f"openab_auth_{name}", frozenset(labels.items())))
