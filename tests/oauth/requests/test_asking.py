"""What an agent in a thread may ask for, and what asking again does."""

from __future__ import annotations

import logging

import pytest

from openab_auth.oauth.errors import AccountNotForThreadError, NotRequestableError, TooManyRequestsError
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    Agreement,
    DeadToken,
    Note,
    Policies,
    SeenThread,
    StoreUnreadableError,
    ThreadChoices,
    ThreadId,
)
from tests.oauth.requests.request_world import (
    NOW,
    OTHER,
    THREAD,
    Clock,
    requests_of,
    store_with_thread,
    stored,
    token,
)


@pytest.mark.parametrize("word", ["codex", "claude", "codex@shared", "codex@me", "codex@u41"])
async def test_an_agent_asks_for_a_default_or_its_owners_own_account(word: str) -> None:
    store = store_with_thread()

    asked = await requests_of(store, Clock()).ask(word, "to write the tests")

    assert asked.state == "asked"
    (request,) = stored(store)
    assert (request.thread, request.login, request.reason) == (THREAD, asked.login, "to write the tests")


@pytest.mark.parametrize("word", ["codex@team", "nothing", "vertex", "cursor", "pending:codex:41", "../codex"])
async def test_an_agent_cannot_ask_for_an_account_that_nobody_offers(word: str) -> None:
    store = store_with_thread()

    with pytest.raises(NotRequestableError):
        await requests_of(store, Clock()).ask(word)
    assert not stored(store)


async def test_another_persons_account_cannot_be_asked_for() -> None:
    store = store_with_thread()

    with pytest.raises(AccountNotForThreadError):
        await requests_of(store, Clock()).ask("codex@u42")
    store.update(lambda draft: draft.threads.update({"agreement:42": Agreement(frozenset({THREAD}))}))
    with pytest.raises(NotRequestableError):
        await requests_of(store, Clock()).ask("codex@u42")
    assert not stored(store)


async def test_a_known_shared_account_is_asked_for_while_it_is_dead() -> None:
    store = store_with_thread()
    dead = Note(dead=DeadToken(token().refresh_token.fingerprint(), "revoked", int(NOW)))
    store.update(lambda draft: draft.update({"codex@team": token()}))
    store.update(lambda draft: draft.notes.update({"codex@team": dead}))

    assert (await requests_of(store, Clock()).ask("codex@team")).state == "asked"


async def test_the_account_that_the_thread_has_chosen_is_asked_for() -> None:
    store = store_with_thread()
    store.update(lambda draft: draft.threads.update({"choice:7": ThreadChoices({"codex": "team"})}))

    assert await requests_of(store, Clock()).ask("codex") == ("codex@team", "asked")


async def test_under_personal_the_owners_account_is_asked_for() -> None:
    store = store_with_thread()
    store.update(lambda draft: draft.threads.update({"policy:1": Policies(PERSONAL_ACCOUNTS)}))

    assert await requests_of(store, Clock()).ask("codex") == ("codex@u41", "asked")
    store.update(lambda draft: draft.update({"codex@u41": token()}))
    assert (await requests_of(store, Clock()).ask("codex")).state == "waiting"
    store.update(lambda draft: draft.threads.update({"agreement:41": Agreement(frozenset({THREAD}))}))
    assert (await requests_of(store, Clock()).ask("codex")).state == "there"


@pytest.mark.parametrize(
    ("expires_at", "refresh_token", "state"),
    [(NOW + 60, "rt", "there"), (NOW - 60, "rt", "there"), (NOW + 180, "", "there"), (NOW - 60, "", "asked")],
)
async def test_a_login_that_lives_is_not_asked_for(expires_at: float, refresh_token: str, state: str) -> None:
    store = store_with_thread()
    entry = token(expires_at=int(expires_at), refresh_token=refresh_token)
    store.update(lambda draft: draft.update({"codex": entry}))

    assert (await requests_of(store, Clock()).ask("codex")).state == state


async def test_asking_again_keeps_one_request_and_takes_the_new_reason() -> None:
    store, clock = store_with_thread(), Clock()
    for reason, state in (("one", "asked"), ("one", "waiting"), ("two", "waiting"), ("", "waiting")):
        assert (await requests_of(store, clock).ask("codex", reason)).state == state
    assert [request.reason for request in stored(store)] == ["two"]

    clock.now += 3600
    await requests_of(store, clock).ask("codex")
    assert [request.asked_at for request in stored(store)] == [int(NOW) + 3600]


async def test_an_agent_that_asks_each_second_writes_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    store, clock, commits = store_with_thread(), Clock(), 0
    update_all = store.update_all

    def counted(mutations: object) -> object:
        nonlocal commits
        commits += 1
        return update_all(mutations)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(store, "update_all", counted)
    for _ in range(120):
        await requests_of(store, clock).ask("codex", "again")
        clock.now += 1

    assert commits == 2


async def test_a_thread_has_three_open_requests_and_a_store_two_hundred() -> None:
    store = store_with_thread()
    here = requests_of(store, Clock())
    for vendor in ("codex", "claude", "copilot"):
        await here.ask(vendor)
    with pytest.raises(TooManyRequestsError, match="this thread already ask for 3"):
        await here.ask("grok")

    threads = {f"thread:{number}": SeenThread(1, 700, 70) for number in (*range(1000, 1197), OTHER)}
    store.update(lambda draft: draft.threads.update(threads))
    for number in range(197):
        await requests_of(store, Clock(), ThreadId(1000 + number)).ask("codex")
    with pytest.raises(TooManyRequestsError, match="all threads together already ask for 200"):
        await requests_of(store, Clock(), OTHER).ask("codex")
    assert (await here.ask("codex")).state == "waiting"


async def test_a_request_ends_a_day_after_it_was_last_asked() -> None:
    store, clock = store_with_thread(), Clock()
    await requests_of(store, clock).ask("codex")
    before = stored(store)[0].id
    clock.now += 86_400

    assert not stored(store, clock.now)
    assert (await requests_of(store, clock).ask("codex")).state == "asked"
    assert stored(store, clock.now)[0].id != before


async def test_a_reason_is_stored_as_one_short_visible_line() -> None:
    store = store_with_thread()
    await requests_of(store, Clock()).ask("codex", "line\none \u202e\u200bright" + "x" * 10_000)

    (request,) = stored(store)
    assert request.reason.startswith("line one right")
    assert len(request.reason) == 200


async def test_asking_by_itself_is_off_where_the_config_says_so() -> None:
    store = store_with_thread()
    await requests_of(store, Clock(), ask=False).ask_by_itself("codex")
    assert not stored(store)
    await requests_of(store, Clock()).ask_by_itself("codex")
    assert len(stored(store)) == 1


async def test_a_failure_to_ask_by_itself_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_with_thread()

    def unreadable(kind: object) -> object:
        place = "auth.json.threads"
        raise StoreUnreadableError(place, "it is damaged")

    monkeypatch.setattr(store, "peek_records", unreadable)
    asking = requests_of(store, Clock())
    with caplog.at_level(logging.WARNING):
        await asking.ask_by_itself("codex")
        await asking.ask_by_itself("codex")

    assert [record.message.startswith("nobody was asked for a login") for record in caplog.records] == [True]
