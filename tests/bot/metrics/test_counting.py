"""What is counted: refreshes by vendor and outcome, commits and their waits, and nothing without a bound."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openab_auth.bot.health.readiness import Readiness
from openab_auth.bot.metrics.labels import reason_label, vendor_label
from openab_auth.bot.metrics.page import MetricsPage
from openab_auth.bot.metrics.registry import Metrics
from openab_auth.bot.metrics.serving import open_metrics
from openab_auth.bot.metrics.stored import MOST_RANKS, StoredNumbers, read_numbers
from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ConfigError, LoginDeadError, PasteRefusedError
from openab_auth.oauth.observer import RefreshReport
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue, VendorName
from openab_auth.storage import (
    AddedServer,
    Draft,
    FileStore,
    Json,
    McpEntry,
    MemoryStore,
    Secret,
    Store,
    StoreBusyError,
    TokenEntry,
)
from openab_auth.storage.entries import UserId
from tests.bot.metrics.scrapes import Series, series_of, value
from tests.support.clock import Clock

NOW = 1_800_000_000
MANY = 300


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


def token(number: int = 0, ends: int = NOW + 3600) -> TokenEntry:
    return TokenEntry(Secret(f"at{number}"), Secret(f"rt_canary{number}"), ends, "https://x.example/token", "lab")


async def scrape(runtime: Runtime, metrics: Metrics) -> dict[Series, float]:
    kind, body = await MetricsPage(metrics, runtime, Readiness([]))("")
    assert kind.startswith("text/plain")
    assert b"canary" not in body
    return dict(series_of(body.decode()))


async def test_refreshes_are_counted_by_vendor_and_outcome(tmp_path: Path, issuer: Issuer) -> None:
    table: dict[str, object] = {
        "authorize_url": issuer.authorize_url, "token_url": issuer.token_url, "client_id": CLIENT_ID,
        "redirect_uri": "http://localhost:1/cb", "scopes": ["offline_access"],
    }  # fmt: skip
    metrics = Metrics()
    runtime = Runtime.open(Config(vendors={"lab": table}), str(tmp_path / "a/auth.json"), {}, observer=metrics)
    source = TokenSource(runtime)
    bad = TokenEntry(Secret("at"), Secret("rt_canary"), 1, issuer.token_url, "lab")
    await runtime.store.update(lambda draft: draft.update({"lab": bad, "lab@work": bad, "gone": bad}))
    for word in ("lab", "lab@work"):
        with pytest.raises(LoginDeadError):
            await source.get_valid(word)
    found = await scrape(runtime, metrics)
    await source.aclose()
    await runtime.aclose()

    assert value(found, "refreshes_total", vendor="lab", outcome="login_dead") == 2
    assert value(found, "refresh_seconds_count", vendor="lab") == 2
    assert value(found, "logins", vendor="lab", state="dead") == 2
    assert value(found, "logins", vendor="other", state="expired") == 1


async def test_a_commit_that_waits_for_the_lock_is_told_with_its_wait(tmp_path: Path) -> None:
    metrics, path = Metrics(), tmp_path / "a/auth.json"
    runtime = Runtime(FileStore(path, lock_timeout=0.3), Catalogue.shipped({}), environ={}, observer=metrics)
    held, free = threading.Event(), threading.Event()

    def hold(draft: Draft) -> None:
        del draft
        held.set()
        free.wait()

    holder = threading.Thread(target=FileStore(path).update, args=(hold,))
    holder.start()
    held.wait()
    with pytest.raises(StoreBusyError):
        await runtime.store.update(lambda draft: draft.update(codex=token()))
    free.set()
    holder.join()
    await runtime.store.update(lambda draft: draft.update(codex=token()))

    found = await scrape(runtime, metrics)
    assert value(found, "commits_total", outcome="ok") == value(found, "commits_total", outcome="store_busy") == 1
    assert value(found, "lock_wait_seconds_count") == 2
    assert (value(found, "lock_wait_seconds_sum") or 0) >= 0.3
    assert value(found, "lock_wait_seconds_bucket", le="0.1") == 1


async def test_many_accounts_and_servers_make_few_series() -> None:
    """Ours: no label holds the name of an account or a person, nor a name that people may choose."""
    store = MemoryStore(clock=lambda: NOW)
    reply: dict[str, Json] = {
        "access_token": "at_canary",
        "refresh_token": "rt_canary",
        "expires_in": 60,
        "token_type": "Bearer",
    }

    def fill(draft: Draft) -> None:
        for number in range(MANY):
            label = f"u{10**17 + number}" if number % 2 else f"canary{number}"
            draft[f"codex@{label}"] = token(number, NOW + number)
            draft[f"canary-vendor{number}"] = token(number)
            draft.servers[f"canary{number}"] = AddedServer(f"https://canary{number}.example/mcp", UserId(number), NOW)
            draft[f"canary{number}"] = McpEntry("c", reply, (), NOW)

    store.update(fill)
    runtime = Runtime(store, Catalogue.shipped({}), clock=lambda: NOW, environ={}, observer=Metrics())

    found = await scrape(runtime, Metrics())

    labelled = {labels for name, labels in found if name.startswith("openab_auth_")}
    assert {dict(labels).get("vendor", "codex") for labels in labelled} == {"codex", "other", "mcp"}
    assert value(found, "logins", vendor="codex", state="ok") is not None
    ranks = [dict(labels)["rank"] for name, labels in found if name == "openab_auth_next_expiry_seconds"]
    assert sorted(set(ranks)) == [str(rank) for rank in range(1, MOST_RANKS + 1)]
    assert len(found) < 150


def test_the_accounts_that_end_first_are_told_in_their_order() -> None:
    store = MemoryStore({f"codex@a{ends}": token(ends, NOW + ends) for ends in (900, 300, 600)}, clock=lambda: NOW)

    numbers = read_numbers(store, catalogue=Catalogue.shipped({}), now=NOW)

    assert {key.rank: end for key, end in numbers.ends.items()} == {1: 300, 2: 600, 3: 900}


@given(st.text(max_size=40))
def test_a_vendor_is_told_without_its_account(label: str) -> None:
    assert vendor_label(f"mcp:{label}") == "mcp"
    assert "canary" not in vendor_label("codex@canary")
    assert reason_label(ValueError(label)) == "unforeseen_error"
    assert reason_label(PasteRefusedError(f"?{label}", "x", todo="y")) == "paste_refused"


@given(st.lists(st.sampled_from(["codex", "codex@canary", "mcp:canary", "codex@u100000000000000001", None])))
def test_the_names_of_accounts_add_no_series(vendors: list[str | None]) -> None:
    metrics = Metrics()
    for vendor in vendors:
        name = None if vendor is None else VendorName(vendor)
        metrics.refreshed(RefreshReport(name, 0.1, adopted=False, error=None))
        metrics.login_step("begin", vendor, None)

    samples = [sample for metric in metrics.collect() for sample in metric.samples]
    assert {sample.labels["vendor"] for sample in samples if "vendor" in sample.labels} <= {"codex", "mcp", "other"}


async def test_a_store_that_cannot_be_read_costs_only_its_own_metrics(tmp_path: Path) -> None:
    (tmp_path / "auth.json").mkdir()
    runtime = Runtime(FileStore(tmp_path / "auth.json"), Catalogue.shipped({}), environ={})

    found = await scrape(runtime, Metrics())

    assert value(found, "store_readable") == 0
    assert value(found, "spills") is None
    assert value(found, "tasks") is not None


async def test_scrapes_of_the_same_second_share_one_reading_of_the_store(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Ours: strangers who scrape all the time must not keep the store from its work."""
    store, readings = MemoryStore({"codex": token()}, clock=lambda: NOW), 0

    def counted(store: Store, *, catalogue: Catalogue, now: int) -> StoredNumbers:
        nonlocal readings
        readings += 1
        return read_numbers(store, catalogue=catalogue, now=now)

    monkeypatch.setattr("openab_auth.bot.metrics.page.read_numbers", counted)
    runtime = Runtime(store, Catalogue.shipped({}), clock=lambda: NOW, environ={})
    page = MetricsPage(Metrics(), runtime, Readiness([]), clock=clock)

    at_once = await asyncio.gather(*(page(accept) for accept in ("", "application/openmetrics-text") * 30))
    once = readings
    clock.now += 2
    store.update(lambda draft: draft.pop("codex"))
    _, later = await page("")

    assert (once, readings) == (1, 2)
    assert len(set(at_once)) == 2
    assert value(series_of(at_once[0][1].decode()), "logins", vendor="codex", state="ok") == 1
    assert value(series_of(later.decode()), "logins", vendor="codex", state="ok") is None


async def test_an_odd_accept_header_gets_plain_text() -> None:
    page = MetricsPage(Metrics(), Runtime(MemoryStore(), Catalogue.shipped({}), environ={}), Readiness([]))

    for accept in ("application/openmetrics-text; version=1.x", "text/plain; version=abc", "a\u20ac"):
        kind, _ = await page(accept)
        assert kind.startswith("text/plain")


async def test_a_store_that_stays_unreadable_is_said_once_and_its_return_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, clock: Clock
) -> None:
    path = tmp_path / "auth.json"
    path.mkdir()
    caplog.set_level("INFO", "openab_auth.bot.metrics.page")
    runtime = Runtime(FileStore(path), Catalogue.shipped({}), environ={})
    page = MetricsPage(Metrics(), runtime, Readiness([]), clock=clock)
    for _ in range(3):
        await page("")
        clock.now += 2
    path.rmdir()
    await page("")

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_missing_library_is_a_mistake_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "openab_auth.bot.metrics.registry")
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(ConfigError, match=r"bot\.health: needs prometheus-client.*pip install prometheus-client"):
        open_metrics("bot.health", "/etc/config.toml")
