"""Find the account that a word means to a source of tokens: by the rules of its thread, where one is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openab_auth.oauth.accounts import Account, needs_catalogue, resolve, vendor_meant
from openab_auth.oauth.threads.choice import ChosenAccount, choose, choose_without_thread
from openab_auth.oauth.threads.records import ThreadRecords, policies_in
from openab_auth.storage.entries import Entry, McpEntry
from openab_auth.storage.records.threads import THREADS

if TYPE_CHECKING:
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage.records.threads import ThreadId, ThreadRecord


class AccountChoice:
    """Finds the account that a word means for agents in `thread`; None is no thread."""

    def __init__(self, runtime: Runtime, thread: ThreadId | None) -> None:
        self._runtime = runtime
        self._thread = thread
        self._known: dict[str, ChosenAccount] = {}  # what the rules said, given these records
        self._known_for: Mapping[str, ThreadRecord] = {}

    async def choose(self, word: str, entries: Mapping[str, Entry]) -> ChosenAccount:
        """Return the account that `word` means, given the entries in the store, and why.

        Raises:
            NotAgreedError, NoAccountForThreadError, AccountNotForThreadError, NobodyMeantError: see `threads.choose`.
            ConfigError: the config, which a thread or a vendor's name needs, has mistakes.
            StoreUnreadableError: the records about threads could not be read.
        """
        if self._thread is None:
            known = self._runtime.known_catalogue
            catalogue = known if known is None or word in entries else await self._catalogue_for(word, known)
            return choose_without_thread(word, catalogue, entries)
        records = await self._runtime.store.records(THREADS)
        if records is not self._known_for:
            self._known, self._known_for = {}, records
        before = self._known.get(word)
        if before is not None and not isinstance(entries.get(before.account.tenant), McpEntry):
            return before
        catalogue = await self._catalogue_for(word, await self._runtime.load_catalogue())
        config = policies_in(catalogue.auth)
        chosen = choose(word, self._thread, ThreadRecords(records), config=config, catalogue=catalogue, entries=entries)
        if not chosen.account.is_server:  # the tenant of a server depends on the other logins
            self._known[word] = chosen
        return chosen

    async def _catalogue_for(self, word: str, catalogue: Catalogue) -> Catalogue:
        """Return the catalogue that knows `word`: people may have added a server of this name."""
        known = vendor_meant(word, catalogue) is not None
        return catalogue if known else await self._runtime.catalogue_with_added()

    async def account(self, word: str, entries: Mapping[str, Entry]) -> Account:
        """Return the account that `word` means; raises the errors of `choose`."""
        if self._thread is None:
            return resolve(word, self._runtime.known_catalogue, entries)
        return (await self.choose(word, entries)).account

    def needs_catalogue(self, word: str, entries: Mapping[str, Entry]) -> bool:
        """Return whether the config must be loaded before `choose` can tell what `word` means."""
        if self._runtime.known_catalogue is not None:
            return False
        return self._thread is not None or needs_catalogue(word, entries)
