"""An account that its vendor limits is recorded until a time, by agents and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import NotLoggedInError
from openab_auth.oauth.logins import read_status
from openab_auth.oauth.notices import limits_in, unix_time
from openab_auth.oauth.runtime import Runtime
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import REQUESTS, MemoryStore, Note
from tests.oauth.notices.notice_world import HOUR, NOW, login, put
from tests.support.clock import Clock


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    put(store, login(refresh_token="rt"), Note())
    return store


def source_of(store: MemoryStore, clock: Clock) -> TokenSource:
    return TokenSource(Runtime(store, Catalogue.from_config(Config(), {}), clock=clock, environ={}))


def shown(store: MemoryStore, now: float) -> list[int | None]:
    states = read_status(store, catalogue=Catalogue.from_config(Config(), {}), now=now).logins
    return [state.limited_until for state in states]


async def test_status_shows_a_limit_while_it_lasts(store: MemoryStore) -> None:
    account = await source_of(store, Clock(NOW)).limited("codex", until=NOW + HOUR)

    assert account.tenant == "codex"
    assert shown(store, NOW) == [NOW + HOUR]
    assert shown(store, NOW + HOUR) == [None]


async def test_a_time_in_the_past_ends_the_limit(store: MemoryStore) -> None:
    source = source_of(store, Clock(NOW))
    await source.limited("codex", until=NOW + HOUR)
    await source.limited("codex", until=NOW - 1)

    assert not limits_in(store.records(REQUESTS), NOW)
    assert not store.records(REQUESTS)


async def test_an_account_without_a_login_is_not_limited(store: MemoryStore) -> None:
    with pytest.raises(NotLoggedInError):
        await source_of(store, Clock(NOW)).limited("claude", until=NOW + HOUR)
    assert not store.records(REQUESTS)


@pytest.mark.parametrize(
    "until",
    [
        NOW,
        float(NOW),
        datetime.fromtimestamp(NOW, UTC),
        datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None),
        datetime.fromtimestamp(NOW, timezone(timedelta(hours=8))),
    ],
)
def test_a_time_is_in_seconds_or_a_date(until: float | datetime) -> None:
    assert unix_time(until) == NOW


@pytest.mark.parametrize("until", [-1, float("nan"), float("inf"), 2**70])
def test_what_is_no_time_is_refused(until: float) -> None:
    with pytest.raises(ValueError, match="until"):
        unix_time(until)
