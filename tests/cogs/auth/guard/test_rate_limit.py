import pytest

from openab_auth.cogs.auth.guard import rate_limit as module
from openab_auth.cogs.auth.guard.rate_limit import RateLimit, TooManyAttemptsError
from openab_auth.storage import UserId

ADA, BOB = UserId(1), UserId(2)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_eleventh_try_in_a_minute_is_refused_and_says_when_to_retry() -> None:
    clock = Clock()
    attempts = RateLimit(clock)
    for _ in range(10):
        attempts.count(ADA)
    clock.now += 18
    with pytest.raises(TooManyAttemptsError, match="wait 42 s"):
        attempts.count(ADA)
    attempts.count(BOB)


def test_the_window_slides() -> None:
    clock = Clock()
    attempts = RateLimit(clock, limit=2)
    attempts.count(ADA)
    clock.now += 40
    attempts.count(ADA)
    clock.now += 21
    attempts.count(ADA)
    with pytest.raises(TooManyAttemptsError):
        attempts.count(ADA)


def test_people_who_stopped_trying_take_no_memory() -> None:
    clock = Clock()
    attempts = RateLimit(clock)
    for number in range(100):
        attempts.count(UserId(number))
    clock.now += 61
    attempts.count(ADA)
    assert list(attempts._times) == [ADA]


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = Clock()
    attempts = RateLimit(clock, limit=1)
    attempts.count(ADA)
    clock.now -= 500
    attempts.count(ADA)


def test_no_more_people_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 3)
    attempts = RateLimit(Clock())
    for number in (1, 2, 3, 1, 4):
        attempts.count(UserId(number))
    assert list(attempts._times) == [3, 1, 4]


def test_whether_the_next_attempt_is_refused_is_seen_without_one() -> None:
    attempts = RateLimit(Clock(), limit=1)
    assert not attempts.is_reached(ADA)
    assert not attempts.is_reached(ADA)
    attempts.count(ADA)
    assert attempts.is_reached(ADA)
