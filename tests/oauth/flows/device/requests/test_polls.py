"""The polls of a device flow: their interval and their end."""

from __future__ import annotations

import time

import pytest

from openab_auth.oauth.client import TokenResponse
from openab_auth.oauth.errors import LoginDeniedError, LoginExpiredError, OAuthError, VendorUnavailableError
from openab_auth.oauth.flows.device.poll import poll_until
from openab_auth.oauth.flows.device.requests import ApprovalPending


class Polls:
    """A vendor: gives the answers one by one, and records the times of the polls."""

    def __init__(self, *answers: TokenResponse | ApprovalPending | OAuthError) -> None:
        self.answers = list(answers)
        self.asked_at: list[float] = []

    async def __call__(self) -> TokenResponse | ApprovalPending:
        self.asked_at.append(time.monotonic())
        answer = self.answers.pop(0) if self.answers else ApprovalPending()
        if isinstance(answer, OAuthError):
            raise answer
        return answer

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.asked_at, self.asked_at[1:], strict=False)]


async def wait(polls: Polls, *, interval: float = 0.02, lasts: float = 5.0) -> TokenResponse:
    ends_at = time.time() + lasts
    return await poll_until(polls, vendor="lab", interval=interval, expires_at=ends_at, clock=time.time)


async def test_polls_are_never_closer_than_the_interval(grant: TokenResponse) -> None:
    polls = Polls(ApprovalPending(), ApprovalPending(), ApprovalPending(), grant)

    assert await wait(polls) is grant

    assert min(polls.gaps) >= 0.02


async def test_slow_down_lengthens_the_interval_for_good(grant: TokenResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openab_auth.oauth.flows.device.poll._SLOWER", 0.05)
    polls = Polls(
        ApprovalPending(),
        ApprovalPending(slower=True),
        ApprovalPending(),
        ApprovalPending(slower=True, interval=0.2),
        grant,
    )

    await wait(polls)

    _, second, third, fourth = polls.gaps
    assert min(second, third) >= 0.07
    assert fourth >= 0.2


async def test_trouble_doubles_the_wait_and_the_next_answer_ends_that(
    grant: TokenResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = VendorUnavailableError("lab", "HTTP 503")
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("openab_auth.oauth.flows.device.poll.asyncio.sleep", note)
    await wait(Polls(trouble, trouble, ApprovalPending(), grant))

    assert waits == [0.02, 0.04, 0.08, 0.02]


async def test_a_vendor_that_says_how_long_to_wait_is_heard(grant: TokenResponse) -> None:
    polls = Polls(VendorUnavailableError("lab", "HTTP 429", retry_after=0.15), grant)

    await wait(polls)

    assert polls.gaps[0] >= 0.15


async def test_a_code_that_nobody_approves_expires_without_a_poll_too_soon() -> None:
    polls = Polls()

    with pytest.raises(LoginExpiredError):
        await wait(polls, interval=0.1, lasts=0.25)

    assert len(polls.asked_at) == 2


async def test_a_process_that_stood_still_over_the_end_asks_once_more(grant: TokenResponse) -> None:
    now = 0.0

    def moment() -> float:
        return now

    async def poll() -> TokenResponse | ApprovalPending:
        nonlocal now
        polls.asked_at.append(now)
        now += 1000.0
        return polls.answers.pop(0) if polls.answers else ApprovalPending()  # type: ignore[return-value] # no errors

    polls = Polls(ApprovalPending(), grant)
    assert await poll_until(poll, vendor="lab", interval=0.01, expires_at=600, clock=moment) is grant
    now, polls = 0.0, Polls()
    with pytest.raises(LoginExpiredError):
        await poll_until(poll, vendor="lab", interval=0.01, expires_at=600, clock=moment)
    assert polls.asked_at == [0.0, 1000.0]


async def test_a_denial_ends_the_polls() -> None:
    polls = Polls(ApprovalPending(), LoginDeniedError("lab", "no"), ApprovalPending())

    with pytest.raises(LoginDeniedError):
        await wait(polls)

    assert len(polls.asked_at) == 2
