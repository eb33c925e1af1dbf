"""Who may choose for a thread, and what ends with a thread or a person."""

from __future__ import annotations

from functools import partial

import pytest

from openab_auth.oauth.accounts import Account
from openab_auth.oauth.errors import AccountNotForThreadError, NotThreadOwnerError
from openab_auth.oauth.threads import (
    ThreadRecords,
    agree,
    changes,
    choose_account,
    drop_choice,
    forget_person,
    forget_thread,
    store_policies,
    store_threads,
)
from openab_auth.oauth.vendors.server_names import VendorName
from openab_auth.storage import (
    PERSONAL_ACCOUNTS,
    Agreement,
    MemoryStore,
    Policies,
    SeenThread,
    Tenant,
    ThreadId,
    UserId,
)

ADA, BOB = UserId(41), UserId(42)
THREAD, OTHER = ThreadId(7), ThreadId(8)
SHARED = Policies()


def codex(label: str = "") -> Account:
    name = f"codex@{label}" if label else "codex"
    return Account(VendorName(name), Tenant(name), label)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.update(lambda draft: store_policies(draft, 1, SHARED))
    store.update(lambda draft: store_threads(draft, {THREAD: SeenThread(1, 700, 70, ADA)}))
    return store


def choose(
    store: MemoryStore, account: Account, by: UserId, *, is_operator: bool = False, config: Policies = SHARED
) -> bool:
    return store.update(
        lambda draft: choose_account(draft, THREAD, account, by, is_operator=is_operator, config=config)
    )


def labels(store: MemoryStore, thread: ThreadId = THREAD) -> dict[str, str]:
    return dict(ThreadRecords(store.threads()).labels(thread))


def test_the_owner_or_an_operator_chooses_and_nobody_else(store: MemoryStore) -> None:
    with pytest.raises(NotThreadOwnerError, match="only the person who started this thread"):
        choose(store, codex("work"), BOB)
    assert labels(store) == {}

    assert choose(store, codex("work"), ADA)
    assert choose(store, codex("team"), BOB, is_operator=True)
    assert labels(store) == {"codex": "team"}


def test_where_nobody_owns_the_thread_everybody_chooses(store: MemoryStore) -> None:
    store.update(lambda draft: forget_thread(draft, THREAD))
    store.update(lambda draft: store_threads(draft, {THREAD: SeenThread(1, 700, 70)}))

    assert choose(store, codex("work"), BOB)


def test_ones_own_account_is_chosen_and_waits_for_the_agreement(store: MemoryStore) -> None:
    assert not choose(store, codex("u41"), ADA)
    store.update(lambda draft: agree(draft, ADA, THREAD))
    assert choose(store, codex("u41"), ADA)


def test_another_persons_account_is_chosen_by_nobody(store: MemoryStore) -> None:
    with pytest.raises(AccountNotForThreadError, match="belongs to another person"):
        choose(store, codex("u42"), ADA, is_operator=True)


def test_under_personal_no_shared_account_is_chosen(store: MemoryStore) -> None:
    with pytest.raises(AccountNotForThreadError, match="only personal accounts"):
        choose(store, codex("work"), ADA, config=Policies(PERSONAL_ACCOUNTS))
    store.update(lambda draft: store_policies(draft, 1, Policies(channels={70: PERSONAL_ACCOUNTS})))
    with pytest.raises(AccountNotForThreadError):
        choose(store, codex(), ADA)


def test_a_choice_is_dropped_by_whoever_may_choose(store: MemoryStore) -> None:
    drop = partial(drop_choice, thread=THREAD, account=codex())
    choose(store, codex("work"), ADA)

    with pytest.raises(NotThreadOwnerError):
        store.update(lambda draft: drop(draft, by=BOB, is_operator=False))
    assert store.update(lambda draft: drop(draft, by=ADA, is_operator=False))
    assert not store.update(lambda draft: drop(draft, by=ADA, is_operator=False))
    assert labels(store) == {}
    assert "choice:7" not in store.threads()


def test_a_deleted_thread_takes_its_choices_and_agreements_with_it(store: MemoryStore) -> None:
    choose(store, codex("work"), ADA)
    for thread in (THREAD, OTHER):
        store.update(partial(agree, person=ADA, thread=thread))

    store.update(lambda draft: forget_thread(draft, THREAD))

    records = ThreadRecords(store.threads())
    assert (records.seen(THREAD), labels(store)) == (None, {})
    assert records.agreement(ADA) == Agreement(frozenset({OTHER}))


def test_a_person_who_leaves_takes_agreements_and_own_choices_along(store: MemoryStore) -> None:
    claude = Account(VendorName("claude@work"), Tenant("anthropic-oauth@work"), "work")
    store.update(lambda draft: agree(draft, ADA, None))
    for account in (codex("u41"), claude):
        choose(store, account, ADA)
    store.update(lambda draft: agree(draft, BOB, OTHER))

    store.update(lambda draft: forget_person(draft, ADA))

    records = ThreadRecords(store.threads())
    assert records.agreement(ADA) == Agreement()
    assert records.agreement(BOB) == Agreement(frozenset({OTHER}))
    assert labels(store) == {"anthropic-oauth": "work"}


def test_the_oldest_threads_are_forgotten_when_there_are_too_many(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_SEEN", 3)
    store.update(lambda draft: draft.threads.__setitem__("thread:by hand", SeenThread(1)))
    for number in range(7, 12):
        store.update(partial(store_threads, threads={ThreadId(number): SeenThread(1)}))

    assert {key for key in store.threads() if key.startswith("thread:")} == {"thread:10", "thread:11", "thread:by hand"}


def test_many_threads_at_once_keep_their_known_owners(store: MemoryStore) -> None:
    other = ThreadId(THREAD + 1)
    store.update(lambda draft: store_threads(draft, {THREAD: SeenThread(1, 700, 70, ADA)}))
    store.update(lambda draft: store_threads(draft, {THREAD: SeenThread(1, 700, 71), other: SeenThread(1, 700, 70)}))

    records = ThreadRecords(store.threads())
    assert records.seen(THREAD) == SeenThread(1, 700, 71, ADA)
    assert records.owner(other) is None
