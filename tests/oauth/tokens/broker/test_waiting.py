"""Long polls are repeated, callers share requests, and a broker that is away does not stop an agent with a token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import web

from openab_auth.oauth.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    LoginDeadError,
    NotAtBrokerError,
    NotLoggedInError,
)
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from tests.oauth.tokens.broker.scripted_broker import Answer, ScriptedBroker, hang_up, page, problem, token
from tests.support.patience import PATIENCE

NOBODY = problem(404, "not_logged_in", "nobody is logged in to codex")


def later(answer: Answer, seconds: float = 0.6) -> Answer:
    """Answer as a broker does that has waited for a login."""

    async def answer_later(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await answer(request)

    return answer_later


@pytest.mark.parametrize(
    "first", [later(NOBODY), later(problem(409, "login_dead")), hang_up, page("", status=504), problem(503, "stopping")]
)
async def test_an_agent_that_waits_asks_again_until_the_login_is_there(
    first: Answer, source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [first, later(NOBODY), token()]

    found = await source.get_valid("codex", wait=PATIENCE)

    assert found.value.reveal() == "canary-token"
    assert len(broker.seen) == 3
    assert {query["wait"] for _, _, query, _ in broker.seen} == {"50"}


async def test_an_agent_that_has_waited_gets_the_error_of_one_that_does_not(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [later(NOBODY, PATIENCE), problem(409, "login_dead")]

    with pytest.raises(LoginDeadError):
        await source.get_valid("codex", wait=0.1)

    assert [query.get("wait") for _, _, query, _ in broker.seen] == ["1", None]


async def test_a_login_that_cannot_come_is_not_waited_for(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    """A broker answers at once when the vendor's own program keeps the login."""
    broker.answers = [NOBODY]

    with pytest.raises(NotLoggedInError):
        await source.get_valid("codex", wait=PATIENCE)

    assert len(broker.seen) == 1


async def test_a_refused_key_is_not_waited_for(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [problem(401, "unauthorized")]

    with pytest.raises(BrokerRefusedError):
        await source.get_valid("codex", wait=PATIENCE)


async def test_callers_who_ask_for_the_same_share_one_request(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    """A broker lets a client have at most 64 requests waiting."""
    broker.answers = [later(token())]

    found = await asyncio.gather(*(source.get_valid("codex", wait=PATIENCE - number) for number in range(100)))

    assert len({one.value.reveal() for one in found}) == 1
    assert len(broker.seen) == 1


async def test_a_caller_who_gives_up_does_not_stop_the_others(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [later(token())]
    first, second = (asyncio.create_task(source.get_valid("codex", wait=PATIENCE)) for _ in range(2))
    await asyncio.wait_for(broker.arrived.wait(), PATIENCE)

    first.cancel()

    assert (await second).value.reveal() == "canary-token"
    assert len(broker.seen) == 1


async def test_a_source_that_is_closed_ends_its_requests(broker: ScriptedBroker) -> None:
    broker.answers = [later(token(), PATIENCE)]
    source = TokenSource.at(broker.address)
    waiting = asyncio.create_task(source.get_valid("codex", wait=PATIENCE))
    await asyncio.wait_for(broker.arrived.wait(), PATIENCE)

    async with asyncio.timeout(PATIENCE / 2):
        await source.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting


@pytest.mark.parametrize("away", [hang_up, page("", status=502), problem(503, "not_ready"), problem(429, "too_many")])
async def test_while_the_broker_is_away_the_last_token_serves(
    away: Answer, source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [token(), away]
    first = await source.get_valid("codex")

    assert await source.get_valid("codex") == first
    assert await source.get_valid("codex", wait=PATIENCE) == first
    with pytest.raises(BrokerUnavailableError):
        await source.get_valid("claude")


async def test_a_silent_broker_delays_an_agent_once_not_each_request(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    """A broker that hangs costs the time until it counts as silent; a token that lives needs no refresh."""
    broker.answers = [token(), later(token("too late"), PATIENCE)]
    first = await source.get_valid("codex")

    async with asyncio.timeout(PATIENCE):
        for _ in range(20):
            assert await source.get_valid("codex") == first
            assert await source.get_valid("codex", wait=PATIENCE) == first

    assert len(broker.seen) == 2


async def test_a_broker_that_is_back_is_asked_again(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    """A connection that ends at once costs nothing, so there is no rest after it."""
    broker.answers = [token("first"), hang_up, token("second")]
    await source.get_valid("codex")
    assert (await source.get_valid("codex")).value.reveal() == "first"

    async with asyncio.timeout(PATIENCE):
        while (await source.get_valid("codex")).value.reveal() != "second":
            await asyncio.sleep(0.01)


async def test_an_agent_with_a_token_that_waits_hears_of_a_logout(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [token("first"), NOBODY, later(token("second"))]
    await source.get_valid("codex")

    assert (await source.get_valid("codex", wait=PATIENCE)).value.reveal() == "second"
    assert [query.get("wait") for _, _, query, _ in broker.seen] == [None, None, "50"]


async def test_a_token_that_has_expired_does_not_serve(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [token(expires_at=1), hang_up]
    await source.get_valid("codex")

    with pytest.raises(BrokerUnavailableError):
        await source.get_valid("codex")


@pytest.mark.parametrize(
    "end", [NOBODY, problem(409, "login_dead"), problem(401, "unauthorized"), problem(403, "not_covered")]
)
async def test_a_token_does_not_outlive_its_login_or_the_key(
    end: Answer, source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [token(), end, hang_up]
    await source.get_valid("codex")
    with pytest.raises((NotLoggedInError, LoginDeadError, BrokerRefusedError)):
        await source.get_valid("codex")

    with pytest.raises(BrokerUnavailableError):
        await source.get_valid("codex")


async def test_a_refused_key_ends_the_memory_of_every_token(source: BrokerTokenSource, broker: ScriptedBroker) -> None:
    broker.answers = [token(), problem(401, "unauthorized"), hang_up]
    await source.get_valid("codex")
    with pytest.raises(BrokerRefusedError):
        await source.get_valid("claude")

    with pytest.raises(BrokerUnavailableError):
        await source.get_valid("codex")


async def test_a_refused_token_is_named_by_its_hash_and_serves_no_more(
    source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    broker.answers = [token("first"), token("second"), hang_up, hang_up]
    first = await source.get_valid("codex")

    second = await source.force_refresh("codex", rejected=first)

    assert second.value.reveal() == "second"
    assert broker.seen[1] == ("POST", "/v1/token/codex/rejected", {}, {"sha256": first.value.fingerprint()})
    with pytest.raises(BrokerUnavailableError):
        await source.force_refresh("codex", rejected=second)
    with pytest.raises(BrokerUnavailableError):
        await source.get_valid("codex")


@pytest.mark.parametrize(
    "method",
    [
        lambda source: source.force_refresh("codex"),
        lambda source: source.limited("codex", until=2**31),
        lambda source: source.account_for("codex"),
        lambda source: source.get_chosen("codex"),
        lambda source: source.get_valid("codex", min_ttl=601),
        lambda source: source.store.read(),
    ],
    ids=["force_refresh", "limited", "account_for", "get_chosen", "min_ttl", "store"],
)
async def test_what_a_broker_does_not_offer_is_said_plainly(
    method: Callable[[BrokerTokenSource], object], source: BrokerTokenSource, broker: ScriptedBroker
) -> None:
    with pytest.raises(NotAtBrokerError, match="a broker cannot "):
        await method(source)  # type: ignore[misc]

    assert not broker.seen
