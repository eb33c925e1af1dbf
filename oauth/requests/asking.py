"""Ask people for a login on behalf of an agent in a thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import NotAgreedError, NotRequestableError, visible_text
from openab_auth.oauth.requests.changes import put_request
from openab_auth.oauth.requests.open_requests import OpenRequests, is_answered
from openab_auth.oauth.requests.waiting import store_changes
from openab_auth.oauth.threads import ThreadRecords, choose, policies_in, vendor_key
from openab_auth.oauth.vendors import VendorName
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.records.requests import REQUESTS, LoginRequest

if TYPE_CHECKING:
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import Entry, Tenant, ThreadId

AskedState: TypeAlias = Literal["asked", "waiting", "there"]
LONGEST_REASON: Final = 200  # characters
_REPEAT: Final = 60  # seconds in which asking again for the same reason writes nothing
_log: Final = logging.getLogger(__name__)


class Asked(NamedTuple):
    """The login that an agent asked for: `asked` now, `waiting` since somebody asked before, or already `there`."""

    login: Tenant
    state: AskedState


class LoginRequests:
    """Asks people for logins that agents in `thread` need."""

    def __init__(self, runtime: Runtime, thread: ThreadId) -> None:
        self._runtime = runtime
        self._store = runtime.store
        self._thread = thread
        self._told = ""

    async def ask(self, word: str | Account, reason: str = "") -> Asked:
        """Ask for the account that `word` means for agents in the thread; the bot then writes a message there.

        Raises:
            NotRequestableError: no agent may ask for this account.
            TooManyRequestsError: too many logins are asked for already.
            AccountNotForThreadError, NoAccountForThreadError, NobodyMeantError: as `threads.choose`.
            ConfigError, StorageError: the config or the store cannot be read, or the store cannot be written.
        """
        account, is_there = await self._find(word)
        if is_there:
            return Asked(account.tenant, "there")
        now, reason = self._runtime.clock(), visible_text(reason)[:LONGEST_REASON]
        before = OpenRequests(await self._store.records(REQUESTS), now).find(self._thread, account.tenant)
        if before and now < before.asked_at + _REPEAT and reason in {"", before.reason}:
            return Asked(account.tenant, "waiting")
        is_new = await self._store.update(lambda draft: put_request(draft, account, self._thread, reason, now))
        return Asked(account.tenant, "asked" if is_new else "waiting")

    async def wait(self, word: str | Account, seconds: float) -> bool:
        """Return True as soon as agents in the thread can use the login, or False after `seconds` without it.

        Raises:
            OAuthError, StorageError: as `ask`.
        """
        async for _ in store_changes(self._store, seconds):
            if (await self._find(word))[1]:
                return True
        return False

    async def _find(self, word: str | Account) -> tuple[Account, bool]:
        """Return the account that `word` means, which an agent may ask for, and whether its login is there."""
        catalogue, now = await self._runtime.catalogue_with_added(), self._runtime.clock()
        entries, threads = await self._store.read(), ThreadRecords(await self._store.threads())
        account = word if isinstance(word, Account) else self._account(word, catalogue, entries, threads)
        _check_requestable(account, self._thread, catalogue, entries, threads)
        request = LoginRequest("", self._thread, account.tenant, account.name, "", int(now))
        return account, is_answered(request, entries, await self._store.notes(), threads, now)

    async def ask_by_itself(self, word: str | Account) -> None:
        """Ask as `ask`, unless the config turns that off. A failure is logged once: the agent has its own error."""
        try:
            if (await self._runtime.load_catalogue()).auth.ask:
                await self.ask(word)
        except OpenabAuthError as error:
            if self._told != str(error):
                _log.warning("nobody was asked for a login: %s", error)
            self._told = str(error)

    def _account(
        self, word: str, catalogue: Catalogue, entries: Mapping[str, Entry], threads: ThreadRecords
    ) -> Account:
        """Return the account that a word means in the thread, whether its person has agreed or not."""
        config = policies_in(catalogue.auth)
        try:
            return choose(word, self._thread, threads, config=config, catalogue=catalogue, entries=entries).account
        except NotAgreedError as error:
            return resolve(error.tenant, catalogue, entries)


def _check_requestable(
    account: Account, thread: ThreadId, catalogue: Catalogue, entries: Mapping[str, Entry], threads: ThreadRecords
) -> None:
    """Check that an agent in a thread may ask for an account.

    Raises:
        NotRequestableError: it is neither an offered vendor's default, nor a known account, nor the owner's own.
    """
    is_offered = catalogue.named(account.name) is not None and catalogue.refusal(VendorName(account.name)) is None
    if account.person is not None:
        may = account.person == threads.owner(thread)
    else:
        is_chosen = threads.labels(thread).get(vendor_key(account)) == account.label
        may = not account.label or account.tenant in entries or is_chosen
    if not (is_offered and may):
        raise NotRequestableError(account.tenant)
