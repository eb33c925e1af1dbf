"""Decide which account serves an agent in a thread, and why; the rules are those of docs/how-to/accounts.md.

This chooses, it does not protect: an agent that can read the credential file can read every account in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import AccountNotForThreadError, NoAccountForThreadError, NotAgreedError
from openab_auth.oauth.threads.vendor_keys import vendor_key
from openab_auth.oauth.vendors.account_labels import OWN, SHARED, own_label, split_label, with_label
from openab_auth.storage.records.threads import PERSONAL_ACCOUNTS, Policies, ThreadId

if TYPE_CHECKING:
    from openab_auth.oauth.threads.records import ThreadRecords
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage.entries import Entry, UserId

Because: TypeAlias = Literal["named", "thread", "personal", "shared"]
NAMED: Final[Because] = "named"
BY_THREAD: Final[Because] = "thread"
BY_PERSON: Final[Because] = "personal"
BY_DEFAULT: Final[Because] = "shared"


@dataclass(frozen=True, slots=True)
class ChosenAccount:
    """The account that an agent gets, and the rule that chose it.

    `named`: the agent named it. `thread`: somebody chose it in the thread. `personal`: it is the own account of the
    thread's owner. `shared`: it is the default.
    """

    account: Account
    because: Because


def choose_without_thread(
    word: str, catalogue: Catalogue | None, entries: Mapping[str, Entry], person: UserId | None = None
) -> ChosenAccount:
    """Return the account that a word means where no thread is known; `person` is meant by `@me`.

    Raises:
        NobodyMeantError: nobody is known who could be meant by `@me`.
    """
    account = _account(word, catalogue, entries, person)
    return ChosenAccount(account, NAMED if _is_named(word, account) else BY_DEFAULT)


def choose(  # noqa: PLR0913 - everything that the rules look at
    word: str,
    thread: ThreadId,
    records: ThreadRecords,
    *,
    config: Policies,
    catalogue: Catalogue,
    entries: Mapping[str, Entry],
) -> ChosenAccount:
    """Return the account that an agent in a thread gets when it asks for `word`; the first rule that matches decides.

    The login of this account may be missing or dead. No other account takes its place then.

    Raises:
        AccountNotForThreadError: the named account is another person's, or shared where the policy is `personal`.
        NotAgreedError: the account is the right one, but its person has not agreed that it serves the thread.
        NoAccountForThreadError: the policy is `personal`, and the thread has no known owner.
        NobodyMeantError: `@me` was named, and the thread has no known owner.
    """
    owner = records.owner(thread)
    account = _account(word, catalogue, entries, owner)
    if _is_named(word, account):
        return _checked(ChosenAccount(account, NAMED), thread, records, config)
    if (label := records.labels(thread).get(vendor_key(account))) is not None:
        chosen = _account(with_label(account.name, label), catalogue, entries, None)
        return _checked(ChosenAccount(chosen, BY_THREAD), thread, records, config)
    if records.policy_of(thread, config) == PERSONAL_ACCOUNTS:
        if owner is None:
            raise NoAccountForThreadError(account.tenant, thread, seen=records.seen(thread) is not None)
        own = _account(with_label(account.name, own_label(owner)), catalogue, entries, None)
        return _checked(ChosenAccount(own, BY_PERSON), thread, records, config)
    return ChosenAccount(account, BY_DEFAULT)


def names_account(word: str, catalogue: Catalogue, entries: Mapping[str, Entry]) -> bool:
    """Return whether a word names one account, the shared default included, instead of only a vendor."""
    return word.rpartition("@")[2] in {SHARED, OWN} or bool(_account(word, catalogue, entries, None).label)


def _checked(chosen: ChosenAccount, thread: ThreadId, records: ThreadRecords, config: Policies) -> ChosenAccount:
    """Return the account if it may serve the thread."""
    account, person = chosen.account, chosen.account.person
    if person is None:
        if records.policy_of(thread, config) == PERSONAL_ACCOUNTS:
            raise AccountNotForThreadError(account.tenant, thread, None)
    elif not records.may_serve(person, thread):
        if chosen.because == NAMED and person != records.owner(thread):
            raise AccountNotForThreadError(account.tenant, thread, person)
        raise NotAgreedError(account.tenant, thread, person)
    return chosen


def _account(word: str, catalogue: Catalogue | None, entries: Mapping[str, Entry], person: UserId | None) -> Account:
    """Return the account that a word means; a label counts, too, if this process does not know the vendor before it.

    Otherwise the key of a person's own login would be taken for that of a shared one.
    """
    account = resolve(word, catalogue, entries, person)
    is_known = catalogue is not None and catalogue.named(account.name) is not None
    if account.label or is_known or not (label := split_label(account.name)[1]):
        return account
    return replace(account, label=label)


def _is_named(word: str, account: Account) -> bool:
    return bool(account.label) or word.rpartition("@")[2] in {SHARED, OWN}
