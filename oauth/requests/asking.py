"""Ask people for a login on behalf of an agent in a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openab_auth.oauth.accounts import Account, not_logged_in, resolve
from openab_auth.oauth.errors import NotAgreedError, NotRequestableError, ProgramKeepsLoginError, redact, visible_text
from openab_auth.oauth.requests.changes import check_room, put_request
from openab_auth.oauth.requests.open_requests import OpenRequests, is_answered
from openab_auth.oauth.requests.waiting import store_changes
from openab_auth.oauth.threads import ThreadRecords, choose, policies_in, vendor_key
from openab_auth.oauth.vendors import VendorName
from openab_auth.storage.entries import LoginEntry
from openab_auth.storage.errors import OpenabAuthError
from openab_auth.storage.mirror_mark import refuse_in_mirror
from openab_auth.storage.records.requests import REQUESTS, LoginRequest
from openab_auth.storage.worker_thread import in_thread

if TYPE_CHECKING:
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.vendors import Catalogue
    from openab_auth.storage import Entry, Tenant, ThreadId

AskedState: TypeAlias = Literal["asked", "waiting", "there"]
LONGEST_REASON: Final = 200  # characters
_LONGEST_READ: Final = 3_200  # characters of a reason that are looked at
_REPEAT: Final = 60  # seconds in which asking again for the same reason writes nothing
_KEEP: Final = 3_600.0  # seconds after which a waiting agent asks again, so that its request does not end
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
        self._again_at: dict[str | Account, float] = {}

    async def ask(self, word: str | Account, reason: str = "") -> Asked:
        """Ask for the account that `word` means for agents in the thread; the bot then writes a message there.

        Raises:
            NotRequestableError: no agent may ask for this account.
            ProgramKeepsLoginError: the vendor's own program keeps the login, so that no agent can use it here.
            TooManyRequestsError: too many logins are asked for already.
            AccountNotForThreadError, NoAccountForThreadError, NobodyMeantError: as `threads.choose`.
            ConfigError, StorageError: the config or the store cannot be read, or the store cannot be written.
        """
        account, is_there = await self._find(word)
        if is_there:
            return Asked(account.tenant, "there")
        await self._store.run(refuse_in_mirror)  # no bot reads there
        now, reason = self._runtime.clock(), await self._shown(reason)
        requests = OpenRequests(await self._store.records(REQUESTS), now)
        before = requests.find(self._thread, account.tenant)
        if before and abs(now - before.asked_at) < _REPEAT and reason in {"", before.reason}:
            return Asked(account.tenant, "waiting")
        if before is None:  # a refusal needs no lock
            check_room(requests, ThreadRecords(await self._store.threads()), self._thread)
        is_new = await self._store.update(lambda draft: put_request(draft, account, self._thread, reason, now))
        return Asked(account.tenant, "asked" if is_new else "waiting")

    async def _shown(self, reason: str) -> str:
        """Return the reason as people see it: short, visible, and without tokens."""
        if not reason:
            return ""
        entries = [entry for entry in (await self._store.read()).values() if isinstance(entry, LoginEntry)]
        secrets = [secret for entry in entries for secret in (entry.access_token, entry.refresh_token)]
        text = visible_text(reason[:_LONGEST_READ])  # first: an invisible character inside a token must not hide it
        return await in_thread(lambda: redact(text, secrets, longest=LONGEST_REASON))

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
        missing = not_logged_in(account, catalogue)
        if isinstance(missing, ProgramKeepsLoginError):
            raise missing
        request = LoginRequest("", self._thread, account.tenant, account.name, "", int(now))
        return account, is_answered(request, entries, await self._store.notes(), threads, now)

    async def ask_by_itself(self, word: str | Account, *, waits: bool = False) -> bool:
        """Ask as `ask`, and return whether people are asked for the login now.

        An agent that `waits` wants people to be asked; for any other, the config may turn that off. A failure is
        logged once: the agent has its own error.
        """
        now, is_asked = asyncio.get_running_loop().time, False
        try:
            if waits or (await self._runtime.load_catalogue()).auth.ask:
                is_asked = (await self.ask(word)).state != "there"
            self._again_at[word] = now() + _KEEP
        except OpenabAuthError as error:
            self._again_at[word] = now()
            if self._told != str(error):
                _log.warning("nobody was asked for a login: %s", error)
            self._told = str(error)
        return is_asked

    async def keep_asking(self, word: str | Account) -> None:
        """Ask again while an agent waits, if asking has failed, or if the last time is long ago."""
        if asyncio.get_running_loop().time() >= self._again_at.get(word, 0.0):
            await self.ask_by_itself(word, waits=True)

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
