"""`use`: choose the account that agents in a thread use, forget the choice, or show it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.bot.cli.arguments import UsageError
from openab_auth.bot.cli.audited import audited
from openab_auth.bot.cli.exit_status import DONE
from openab_auth.bot.cli.output import print_result
from openab_auth.bot.cli.runtime import open_runtime
from openab_auth.oauth.accounts import resolve
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.errors import one_line
from openab_auth.oauth.threads import (
    ThreadRecords,
    agree,
    choose,
    choose_account,
    drop_choice,
    names_account,
    policies_in,
    thread_in,
    vendor_key,
)
from openab_auth.oauth.vendors.account_labels import with_label
from openab_auth.storage import CONSOLE, UserId

if TYPE_CHECKING:
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import AsyncStore, Draft, Entry, Tenant, ThreadId

_PROG: Final = "openab-auth use"


class _Outcome(NamedTuple):
    """The state of a choice after the command, and the login that it is about."""

    state: str  # `chosen`, `dropped` or `default`
    login: Tenant | None
    lacks_login: bool = False


class _Thread(NamedTuple):
    """A thread, and everything that says which account an agent in it gets."""

    id: ThreadId
    store: AsyncStore
    catalogue: Catalogue
    entries: Mapping[str, Entry]

    async def choose(self, word: str, user: UserId) -> _Outcome:
        """Choose an account; a person who chooses the own account agrees that it serves this thread.

        Raises:
            UnknownVendorError: there is no such vendor.
            OAuthError: as `choose_account`.
        """
        person, config = user or None, policies_in(self.catalogue.auth)
        account = resolve(word, self.catalogue, self.entries, person)
        self._check_known(account)

        def change(draft: Draft) -> None:
            if person is not None and account.person == person:
                agree(draft, person, self.id)
            choose_account(draft, self.id, account, user, is_operator=user == CONSOLE, config=config)

        await self.store.update(change)
        return self._used("chosen", account.tenant)

    async def drop(self, word: str, user: UserId) -> _Outcome:
        """Forget the choice for a vendor."""
        account = resolve(word, self.catalogue, self.entries, user or None)
        label = ThreadRecords(await self.store.threads()).labels(self.id).get(vendor_key(account))
        dropped = await self.store.update(
            lambda draft: drop_choice(draft, self.id, account, user, is_operator=user == CONSOLE)
        )
        if label is None or not dropped:
            return await self.show(vendor_key(account))
        return _Outcome("dropped", self._login(vendor_key(account), label))

    async def show(self, word: str) -> _Outcome:
        """Return the account of a vendor that agents in the thread get.

        Raises:
            UnknownVendorError: there is no such vendor, and no login or choice of it.
            OAuthError: as `threads.choose`.
        """
        records, config = ThreadRecords(await self.store.threads()), policies_in(self.catalogue.auth)
        if word not in {*self.entries, *records.labels(self.id)}:  # the bot's config may know more vendors
            self._check_known(resolve(word, self.catalogue, self.entries))
        chosen = choose(word, self.id, records, config=config, catalogue=self.catalogue, entries=self.entries)
        return self._used("chosen" if chosen.because == "thread" else "default", chosen.account.tenant)

    async def show_all(self) -> list[_Outcome]:
        """Return every choice that people have made in the thread."""
        labels = ThreadRecords(await self.store.threads()).labels(self.id)
        return [self._used("chosen", self._login(vendor, label)) for vendor, label in sorted(labels.items())]

    def _check_known(self, account: Account) -> None:
        """Refuse an account of a vendor that does not exist, or with a label that no account can have."""
        if self.catalogue.named(account.name) is None and (refusal := self.catalogue.refusal(account.name)):
            raise refusal

    def _used(self, state: str, login: Tenant) -> _Outcome:
        return _Outcome(state, login, lacks_login=not login_entry.has_login(self.entries, login))

    def _login(self, vendor: str, label: str) -> Tenant:
        return resolve(with_label(vendor, label), self.catalogue, self.entries).tenant


async def use(arguments: argparse.Namespace) -> int:
    """Choose an account for a thread, forget the choice, or show it.

    Raises:
        UsageError: no thread is known, or `--drop` has no vendor.
        OAuthError: as `choose_account` and `choose`.
    """
    runtime = open_runtime(arguments)
    thread, word, user = thread_in(runtime.environ, arguments.thread), arguments.account, UserId(arguments.user)
    if thread is None:
        message = "no thread is known; give it with --thread ID"
        raise UsageError(message, _PROG)
    if arguments.drop and not word:
        message = "name the vendor whose choice you want to drop"
        raise UsageError(message, _PROG)
    async with runtime:
        here = _Thread(thread, runtime.store, await runtime.catalogue_with_added(), await runtime.store.read())
        if not word:
            outcomes = await here.show_all() or [_Outcome("default", None)]
        elif arguments.drop or names_account(word, here.catalogue, here.entries):
            async with audited(runtime, "use", user=user, thread=arguments.thread) as line:
                outcomes = [await (here.drop if arguments.drop else here.choose)(word, user)]
                line.account = outcomes[0].login
        else:
            outcomes = [await here.show(word)]
    _print(thread, outcomes, as_json=arguments.json)
    return DONE


def _print(thread: ThreadId, outcomes: list[_Outcome], *, as_json: bool) -> None:
    first = outcomes[0]
    result: dict[str, object] = {"login": first.login, "thread": str(thread), "state": first.state}
    if len(outcomes) > 1:
        result["others"] = [outcome.login for outcome in outcomes[1:]]
    lines = [f"thread {thread}: {_said(outcome)}" for outcome in outcomes]
    print_result(result, "\n".join(map(one_line, lines)), as_json=as_json)


def _said(outcome: _Outcome) -> str:
    if outcome.state == "dropped":
        return f"the choice of {outcome.login} is dropped"
    if outcome.login is None:
        return "nobody has chosen an account"
    nobody = "" if outcome.state == "chosen" else "nobody has chosen; "
    return f"{nobody}agents use {outcome.login}{'; nobody is logged in to it' if outcome.lacks_login else ''}"
