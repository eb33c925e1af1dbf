"""Does the work of `/auth use`, and stores what agents need to know of threads: they cannot ask Discord."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from openab_auth.cogs.auth.guard import AuditLine, Caller, Guard
from openab_auth.cogs.auth.service.accounts import name_in_line
from openab_auth.oauth.accounts import Account
from openab_auth.oauth.entries import login_entry
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.requests import forget_requests
from openab_auth.oauth.threads import (
    ThreadAccount,
    ThreadRecords,
    accounts_of_thread,
    agree,
    choose_account,
    drop_choice,
    forget_thread,
    policies_in,
    store_policies,
    store_threads,
)
from openab_auth.oauth.vendors import Catalogue, CurrentCatalogue, VendorName
from openab_auth.storage import SHARED_ACCOUNTS, AsyncStore, Policies, SeenThread, ThreadId
from openab_auth.storage.worker_thread import in_thread


class AccountOfThread(NamedTuple):
    """An account that was chosen for a thread: whether its person has agreed, and whether it has a login."""

    account: Account
    agreed: bool
    logged_in: bool


class Threads:
    """Chooses the accounts of threads. Each method that takes a `Caller` passes the guard first."""

    def __init__(self, logins: Logins, store: AsyncStore, guard: Guard, current: CurrentCatalogue) -> None:
        self._current = current
        self._logins = logins
        self._store = store
        self._guard = guard

    @property
    def shared_serves(self) -> bool:
        """Return whether a shared login may serve threads here."""
        policies = policies_in(self._current.now.auth)
        return SHARED_ACCOUNTS in {policies.everywhere, *policies.channels.values()}

    async def use(self, caller: Caller, thread: ThreadId, word: str) -> AccountOfThread:
        """Choose an account for a thread; return it, and what agents still lack.

        Raises:
            NotThreadOwnerError: another person started the thread, and the caller is no operator.
            AccountNotForThreadError: only personal accounts serve this thread.
            OpenabAuthError: this person is not allowed, there is no such vendor, or the store could not be written.
        """
        async with self._guard.request(caller, "use", partial(self._name, word)):
            account, catalogue = await self._account(word)
            self._guard.access.check_account(caller, account.person)  # whatever the guard has made of the word
            change = partial(
                choose_account,
                thread=thread,
                account=account,
                by=caller.user,
                is_operator=self._guard.access.is_operator(caller),
                config=policies_in(catalogue.auth),
            )
            agreed = await self._store.update(change)
            logged_in = login_entry.has_login(await self._store.read(), account.tenant)
            return AccountOfThread(account, agreed, logged_in)

    async def drop(self, caller: Caller, thread: ThreadId, word: str) -> tuple[Account, bool]:
        """Forget the choice for a vendor in a thread; return whether there was one.

        Raises:
            OpenabAuthError: as `use`.
        """
        async with self._guard.request(caller, "use", partial(self._name, word)):
            account, _ = await self._account(word)
            is_operator = self._guard.access.is_operator(caller)
            change = partial(drop_choice, thread=thread, account=account, by=caller.user, is_operator=is_operator)
            return account, await self._store.update(change)

    async def agree(self, caller: Caller, thread: ThreadId | None) -> None:
        """Let the caller's own accounts serve a thread, or with None all threads that the caller starts.

        Raises:
            OpenabAuthError: this person is not allowed, or the store could not be written.
        """
        async with self._guard.request(caller, "use"):
            await self._store.update(partial(agree, person=caller.user, thread=thread))

    async def shown(self, caller: Caller, thread: ThreadId) -> tuple[ThreadAccount, ...]:
        """Return which account of each vendor serves the thread, and why.

        Raises:
            OpenabAuthError: this person is not allowed, or the store cannot be read.
        """
        async with self._guard.request(caller, "read"):
            records, entries = await self._store.threads(), await self._store.read()
            catalogue = await self._logins.catalogue()
            # There may be thousands of logins: the event loop must not stand still.
            may_see = partial(self._guard.access.may_see, caller)
            return await in_thread(
                accounts_of_thread, thread, records, catalogue=catalogue, entries=entries, may_see=may_see
            )

    def admits(self, caller: Caller) -> bool:
        """Return whether this person may use /auth; nothing is counted or written."""
        return self._guard.access.allows(caller)

    async def known(self, thread: ThreadId) -> SeenThread | None:
        """Return what the store knows of a thread.

        Raises:
            StorageError: the records cannot be read.
        """
        return ThreadRecords(await self._store.threads()).seen(thread)

    async def store(self, seen: Mapping[ThreadId, SeenThread]) -> None:
        """Store what the bot sees of threads; a thread without an owner keeps the one who was found earlier.

        Raises:
            StorageError: the records cannot be read or written.
        """
        known = ThreadRecords(await self._store.threads())
        news = {
            thread: found
            for thread, found in seen.items()
            if known.seen(thread) != (found if found.owner is not None else found._replace(owner=known.owner(thread)))
        }
        if news:
            await self._store.update(partial(store_threads, threads=news))

    async def store_policies(self, application: int) -> None:
        """Store the bot's policies; a bot without policies of its own stores none.

        Raises:
            StorageError: the records cannot be read or written.
        """
        policies = policies_in((await self._logins.catalogue()).auth)
        stored = ThreadRecords(await self._store.threads()).policies(application)
        if (stored or Policies()) != policies:
            await self._store.update(partial(store_policies, application=application, policies=policies))

    async def forget(self, thread: ThreadId) -> None:
        """Forget a thread that was deleted, and what agents have asked for in it.

        Raises:
            StorageError: the records cannot be read or written.
        """
        if await self.known(thread) is not None:
            await self._store.update(partial(forget_thread, thread=thread))
            # In an update of its own: requests that cannot be read keep no agreement.
            await self._store.update(partial(forget_requests, thread=thread))

    async def _account(self, word: str) -> tuple[Account, Catalogue]:
        """Return the account that a word means; its vendor has to exist."""
        account, catalogue = await self._logins.account(word), await self._logins.catalogue()
        if catalogue.named(account.name) is None and (refusal := catalogue.refusal(VendorName(account.name))):
            raise refusal
        return account, catalogue

    async def _name(self, word: str, line: AuditLine) -> None:
        name_in_line(line, await self._logins.catalogue(), word)
