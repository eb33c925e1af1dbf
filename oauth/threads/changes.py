"""Change the records about threads; each function changes a draft, inside an update of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from openab_auth.oauth.errors import AccountNotForThreadError, NotThreadOwnerError
from openab_auth.oauth.threads.records import ThreadRecords
from openab_auth.oauth.threads.vendor_keys import vendor_key
from openab_auth.oauth.vendors.account_labels import person_of
from openab_auth.storage.records.threads import (
    PERSONAL_ACCOUNTS,
    Agreement,
    Policies,
    SeenThread,
    ThreadChoices,
    ThreadId,
    agreement_key,
    choice_key,
    policy_key,
    thread_key,
)

if TYPE_CHECKING:
    from openab_auth.oauth.accounts import Account
    from openab_auth.storage import Draft, UserId

MOST_SEEN: Final = 10_000  # threads that a bot has seen; the ids of older threads are smaller


def store_policies(draft: Draft, application: int, policies: Policies) -> None:
    """Store the policies of a bot, for agents without its config."""
    if draft.threads.get(policy_key(application)) != policies:
        draft.threads[policy_key(application)] = policies


def store_threads(draft: Draft, threads: Mapping[ThreadId, SeenThread]) -> None:
    """Store what a bot knows of threads, and keep an owner who was found earlier; forget the oldest if too many."""
    for thread, seen in threads.items():
        owner = ThreadRecords(draft.threads).owner(thread)
        draft.threads[thread_key(thread)] = seen if seen.owner is not None else seen._replace(owner=owner)
    keys = sorted((key for key in draft.threads if key.startswith("thread:")), key=_by_age)
    for oldest in keys[: max(0, len(keys) - MOST_SEEN)]:
        del draft.threads[oldest]


def _by_age(key: str) -> tuple[int, str]:
    """Return where a key is in the order of ids: an id with fewer digits is smaller."""
    return len(key), key


def forget_thread(draft: Draft, thread: ThreadId) -> None:
    """Remove everything about a thread that was deleted: what the bot knew, the choices, and the agreements."""
    for key in (thread_key(thread), choice_key(thread)):
        draft.threads.pop(key, None)
    for key, record in [*draft.threads.items()]:
        if isinstance(record, Agreement) and thread in record.threads:
            draft.threads[key] = record._replace(threads=record.threads - {thread})


def choose_account(  # noqa: PLR0913 - who chooses what, and under which rules
    draft: Draft, thread: ThreadId, account: Account, by: UserId, *, is_operator: bool, config: Policies
) -> bool:
    """Choose an account for a thread; return whether the account's person has agreed to that already.

    A shared account needs no agreement. Until the person agrees, agents in the thread get no token of the account.

    Raises:
        NotThreadOwnerError: somebody else owns the thread.
        AccountNotForThreadError: the account belongs to another person, who has not agreed, or is a shared account
            where the policy is `personal`.
        StoreUnreadableError: the records are there but could not be read.
    """
    records = ThreadRecords(draft.threads)
    _check_owner(records, thread, by, is_operator=is_operator)
    person = account.person
    agreed = person is None or records.may_serve(person, thread)
    if person is None and records.policy_of(thread, config) == PERSONAL_ACCOUNTS:
        raise AccountNotForThreadError(account.tenant, thread, None)
    if person not in {None, by} and not agreed:
        raise AccountNotForThreadError(account.tenant, thread, person)
    draft.threads[choice_key(thread)] = ThreadChoices({**records.labels(thread), vendor_key(account): account.label})
    return agreed


def drop_choice(draft: Draft, thread: ThreadId, account: Account, by: UserId, *, is_operator: bool) -> bool:
    """Forget the choice for the vendor of this account; return whether there was one.

    Raises:
        NotThreadOwnerError: somebody else owns the thread.
        StoreUnreadableError: the records are there but could not be read.
    """
    records = ThreadRecords(draft.threads)
    _check_owner(records, thread, by, is_operator=is_operator)
    labels = dict(records.labels(thread))
    if labels.pop(vendor_key(account), None) is None:
        return False
    _set_choices(draft, choice_key(thread), labels)
    return True


def agree(draft: Draft, person: UserId, thread: ThreadId | None) -> None:
    """Let a person's own accounts serve a thread, or with None all threads that the person starts."""
    before = ThreadRecords(draft.threads).agreement(person)
    after = before._replace(all_own=True) if thread is None else before._replace(threads=before.threads | {thread})
    draft.threads[agreement_key(person)] = after


def forget_person(draft: Draft, person: UserId) -> None:
    """End all agreements of a person, and every choice of the person's own accounts."""
    draft.threads.pop(agreement_key(person), None)
    for key, record in [*draft.threads.items()]:
        if isinstance(record, ThreadChoices):
            kept = {vendor: label for vendor, label in record.labels.items() if person_of(label) != person}
            if kept != record.labels:
                _set_choices(draft, key, kept)


def _set_choices(draft: Draft, key: str, labels: dict[str, str]) -> None:
    if labels:
        draft.threads[key] = ThreadChoices(labels)
    else:
        del draft.threads[key]


def _check_owner(records: ThreadRecords, thread: ThreadId, by: UserId, *, is_operator: bool) -> None:
    owner = records.owner(thread)
    if owner not in {None, by} and not is_operator:
        raise NotThreadOwnerError(thread, owner)
