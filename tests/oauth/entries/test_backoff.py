"""The length of the pause after each failure."""

from __future__ import annotations

import pytest

from openab_auth.oauth.entries import backoff
from openab_auth.oauth.errors import VendorUnavailableError
from openab_auth.storage import RefreshAttempt, Secret, TokenEntry

# how long

ENTRY = TokenEntry(Secret("at"), Secret("rt"), 0, "https://lab.example/token", "lab")


@pytest.mark.parametrize(("failures", "longest"), [(0, 0.1), (1, 0.2), (5, 3.2), (8, 25.6), (16, 60)])
def test_each_failure_doubles_the_pause_to_a_minute_and_chance_spreads_it(failures: int, longest: float) -> None:
    before = RefreshAttempt(ENTRY.refresh_token.fingerprint(), 1000, "HTTP 503", answered=True, failures=failures)
    begun = backoff.start_attempt(ENTRY, before, 1000)
    error = VendorUnavailableError("lab", "HTTP 503")

    pauses = {
        backoff.remaining_pause(backoff.fail_attempt(begun, error, "", 1000, answered=True), "", 1000)
        for _ in range(50)
    }

    assert longest / 2 <= min(pauses) < max(pauses) <= longest


@pytest.mark.parametrize(("asked", "granted"), [(30.0, 30.0), (86_400.0, 900.0)])
def test_a_vendor_is_left_alone_as_it_asks_for_15_minutes_at_most(asked: float, granted: float) -> None:
    error = VendorUnavailableError("lab", "HTTP 429", retry_after=asked)

    assert (
        backoff.remaining_pause(
            backoff.fail_attempt(backoff.start_attempt(ENTRY, None, 0), error, "", 0, answered=True), "", 0
        )
        == granted
    )


def test_a_pause_that_only_a_wrong_clock_can_have_written_is_none() -> None:
    attempt = backoff.start_attempt(ENTRY, None, 50_000)

    assert backoff.remaining_pause(attempt._replace(not_before=50_001), "", 1000) == 0
    assert backoff.remaining_pause(attempt._replace(not_before=1001), "", 1000) == 1
