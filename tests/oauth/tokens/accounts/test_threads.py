"""A source of tokens in a thread: the account that the rules choose, and no other when its login is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from openab_auth.oauth.errors import AccountNotForThreadError, NotAgreedError, NotLoggedInError, ThreadIdError
from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import (
    NEVER,
    PERSONAL_ACCOUNTS,
    Agreement,
    Draft,
    FileStore,
    Policies,
    Secret,
    SeenThread,
    StoreUnreadableError,
    ThreadChoices,
    ThreadId,
    TokenEntry,
    UserId,
)

KEYS = ("codex", "codex@work", "codex@u41", "anthropic-oauth")
InThread = Callable[[int], TokenSource]


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    def log_in(draft: Draft) -> None:
        for key in KEYS:
            draft[key] = TokenEntry(Secret(f"{key}'s"), Secret("r"), NEVER, "https://x.example/token", key)

    store = FileStore(tmp_path / "auth.json")
    store.update(log_in)
    return store


@pytest.fixture
async def in_thread(store: FileStore) -> AsyncIterator[InThread]:
    async with AsyncExitStack() as stack:

        def make(thread: int) -> TokenSource:
            source = TokenSource(store, catalogue=Catalogue.shipped({}), thread=thread)
            stack.push_async_callback(source.aclose)
            return source

        yield make


async def served(source: TokenSource, word: str = "codex") -> str:
    return (await source.get_valid(word)).value.reveal()


async def test_a_choice_in_the_thread_counts_from_the_next_call_on(store: FileStore, in_thread: InThread) -> None:
    source, other = in_thread(7), in_thread(8)
    assert await served(source) == "codex's"

    store.update(lambda draft: draft.threads.__setitem__("choice:7", ThreadChoices({"codex": "work"})))
    assert await served(source) == "codex@work's"
    assert await served(source, "codex@shared") == "codex's"
    assert await served(other) == "codex's"
    assert (await source.account_for("codex")).because == "thread"

    store.update(lambda draft: draft.threads.clear())
    assert await served(source) == "codex's"


async def test_under_personal_nobody_gets_a_shared_login(store: FileStore, in_thread: InThread) -> None:
    def personal(draft: Draft) -> None:
        draft.threads["policy:1"] = Policies(PERSONAL_ACCOUNTS)
        draft.threads["thread:7"] = SeenThread(1, 700, 70, UserId(41))

    store.update(personal)
    source = in_thread(7)

    with pytest.raises(NotAgreedError):
        await served(source)
    with pytest.raises(AccountNotForThreadError):
        await served(source, "codex@work")
    store.update(lambda draft: draft.threads.__setitem__("agreement:41", Agreement(frozenset({ThreadId(7)}))))
    assert await served(source) == "codex@u41's"
    with pytest.raises(NotLoggedInError, match="nobody is logged in to anthropic-oauth@u41"):
        await served(source, "claude")


async def test_a_choice_whose_login_is_gone_is_asked_for_and_not_replaced(
    store: FileStore, in_thread: InThread
) -> None:
    store.update(lambda draft: draft.threads.__setitem__("choice:7", ThreadChoices({"codex": "work"})))
    source = in_thread(7)
    assert await served(source) == "codex@work's"

    store.update(lambda draft: draft.pop("codex@work"))

    with pytest.raises(NotLoggedInError, match="nobody is logged in to codex@work"):
        await served(source)


async def test_unreadable_records_stop_only_agents_that_know_their_thread(
    store: FileStore, in_thread: InThread
) -> None:
    store.path.with_name("auth.json.threads").write_text("{torn")

    with pytest.raises(StoreUnreadableError, match="threads could not be read"):
        await served(in_thread(7))
    async with TokenSource(store, catalogue=Catalogue.shipped({})) as anywhere:
        assert await served(anywhere) == "codex's"


async def test_the_environment_names_the_thread(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.update(lambda draft: draft.threads.__setitem__("choice:7", ThreadChoices({"codex": "work"})))
    monkeypatch.setenv("OPENAB_CHANNEL_ID", "discord:7")
    async with TokenSource(store, catalogue=Catalogue.shipped({})) as source:
        assert await served(source) == "codex@work's"

    monkeypatch.setenv("OPENAB_AUTH_THREAD", "the red one")
    with pytest.raises(ThreadIdError):
        TokenSource(store)


async def test_an_account_means_itself_because_its_caller_has_chosen(store: FileStore, in_thread: InThread) -> None:
    store.update(lambda draft: draft.threads.__setitem__("choice:7", ThreadChoices({"codex": "work"})))
    source = in_thread(7)
    chosen = (await source.account_for("codex@shared")).account

    assert (await source.get_valid(chosen)).value.reveal() == "codex's"
    assert await served(source) == "codex@work's"
