"""Find the account that a client's word means, and check that its key covers it."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from openab_auth.bot.broker.refusals import BadAccountError, NotCoveredError, OtherThreadError, PersonalAccountError
from openab_auth.oauth.accounts import Account, resolve
from openab_auth.oauth.errors import AccountNotForThreadError, NobodyMeantError, NotAgreedError, NotLoggedInError
from openab_auth.oauth.threads import ThreadRecords
from openab_auth.oauth.tokens.account_choice import AccountChoice
from openab_auth.storage import THREADS

if TYPE_CHECKING:
    from openab_auth.bot.broker.admission.clients import Client
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.threads import ChosenAccount
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import Entry, ThreadId, UserId

_LONGEST_WORD: Final = 256  # characters
_MOST_WORDS: Final = 64  # words of one client that are remembered


class _Known(NamedTuple):
    """Hold what a word has meant, given these entries, these records about threads and this catalogue."""

    given: tuple[object, ...]
    chosen: ChosenAccount


class ClientAccounts:
    """The accounts that one client may use, in one thread or in none."""

    def __init__(self, runtime: Runtime, client: Client, thread: ThreadId | None = None) -> None:
        """Take the thread of the key, or for a uid the `thread` that the request names.

        Raises:
            OtherThreadError: the request names a thread, and the key has another one or none.
        """
        if client.sha256 is not None and thread not in {None, client.thread}:
            raise OtherThreadError
        self.thread = client.thread if client.sha256 is not None else thread
        self._runtime = runtime
        self._client = client
        self._choice = AccountChoice(runtime, self.thread)
        self._known: dict[str, _Known] = {}

    async def find(self, word: str, entries: Mapping[str, Entry]) -> ChosenAccount:
        """Return the account that a word means for this client, given the entries of the store, and why.

        Raises:
            NotCoveredError, PersonalAccountError: the client may not use it.
            AccountNotForThreadError, NotLoggedInError, NobodyMeantError: as `threads.choose`.
            BadAccountError: no account has such a name.
            ConfigError, StorageError: the config or the store cannot be read.
        """
        if not 0 < len(word) <= _LONGEST_WORD:
            raise BadAccountError
        records = None if self.thread is None else await self._runtime.store.records(THREADS)
        given, known = (entries, records, self._runtime.known_catalogue), self._known.get(word)
        if known is not None and all(map(operator.is_, known.given, given)):
            return known.chosen
        chosen = await self._find(word, entries)
        if not chosen.account.is_server:  # people can replace a server
            if len(self._known) >= _MOST_WORDS:
                self._known.clear()
            self._known[word] = _Known(given, chosen)
        return chosen

    async def _find(self, word: str, entries: Mapping[str, Entry]) -> ChosenAccount:
        try:
            chosen = await self._choice.choose(word, entries)
        except (NotLoggedInError, AccountNotForThreadError) as error:
            await self._check(resolve(error.tenant, self._runtime.known_catalogue, entries), entries)
            raise
        except NobodyMeantError:
            if self._client.tenants is not None and self.thread is None:
                raise PersonalAccountError from None
            raise
        await self._check(chosen.account, entries)
        return chosen

    async def requestable(self, word: str) -> Account:
        """Return the account that a word means for this client, also if its person has not agreed to that yet.

        Raises:
            RequestError, OAuthError, StorageError: as `find`.
        """
        entries = await self._runtime.store.read()
        try:
            return (await self.find(word, entries)).account
        except NotAgreedError as error:
            return resolve(error.tenant, self._runtime.known_catalogue, entries)

    async def covers(self, account: Account, entries: Mapping[str, Entry]) -> bool:
        """Return whether the client may use this account."""
        if self._client.tenants is None:
            return True
        if account.person is not None and self.thread is None:
            return False
        owner = None
        if self.thread is not None:
            owner = ThreadRecords(await self._runtime.store.threads()).owner(self.thread)
        catalogue = self._runtime.known_catalogue
        return any(_covers(pattern, account, catalogue, entries, owner) for pattern in self._client.tenants)

    async def _check(self, account: Account, entries: Mapping[str, Entry]) -> None:
        if not await self.covers(account, entries):
            is_personal = account.person is not None and self.thread is None
            raise PersonalAccountError if is_personal else NotCoveredError


def _covers(
    pattern: str, account: Account, catalogue: Catalogue | None, entries: Mapping[str, Entry], owner: UserId | None
) -> bool:
    """Return whether a pattern covers an account; without `@` it covers shared defaults alone.

    A pattern without `*` is a word for one account, and means what it means everywhere. Other patterns are compared
    with the key of the login, and with `mcp:NAME` for a server, whose key may lack `mcp:`.
    """
    if "*" not in pattern:
        try:
            return resolve(pattern, catalogue, entries, owner).tenant == account.tenant
        except NobodyMeantError:
            return False
    if "@" not in pattern and account.label:
        return False
    names = (account.tenant, account.name) if account.is_server else (account.tenant,)
    return any(_compiled(pattern).fullmatch(name) for name in names)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as a regular expression that is matched in linear time: each `*` takes as little as it can."""
    first, *rest = (re.escape(part) for part in re.split(r"\*+", pattern))
    *middle, last = rest
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + f".*{last}", re.DOTALL)
