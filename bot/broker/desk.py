"""What each request of a client does, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from hmac import compare_digest
from time import monotonic
from typing import TYPE_CHECKING, Final

from openab_auth.bot.broker.admission import ClientAccounts
from openab_auth.bot.broker.refusals import NoThreadError, RefreshedLatelyError
from openab_auth.bot.broker.status import covered_logins
from openab_auth.oauth.entries import SKEW, AccessToken
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, OAuthError, ProgramKeepsLoginError
from openab_auth.oauth.requests import LoginRequests
from openab_auth.storage import LoginEntry, StorageError

if TYPE_CHECKING:
    from openab_auth.bot.broker.admission import Admission, Client, RefreshesByWord
    from openab_auth.bot.broker.audit import TokenAudit
    from openab_auth.bot.broker.changes import StoreChanges
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.threads import ChosenAccount
    from openab_auth.oauth.tokens import TokenSource
    from openab_auth.storage import Entry, ThreadId

_REFUSED: Final = "a server refused its token, and nobody can renew it"
_MOST_CLIENTS: Final = 1024  # clients whose accounts are remembered
_ASKED: Final = ", and people in the thread are asked for the login"


class TokenDesk:
    """Serves tokens to clients; all clients share the refreshes of one `source`, which works in no thread."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        runtime: Runtime,
        source: TokenSource,
        admission: Admission,
        *,
        changes: StoreChanges,
        refreshes: RefreshesByWord,
        audit: TokenAudit,
    ) -> None:
        self._runtime = runtime
        self._source = source
        self._admission = admission
        self._changes = changes
        self._refreshes = refreshes
        self._audit = audit
        self._accounts: dict[tuple[Client, ThreadId | None], ClientAccounts] = {}

    async def token(
        self, client: Client, word: str, *, min_ttl: int, wait: int, thread: ThreadId | None
    ) -> dict[str, object]:
        """Return a token that lives for more than `min_ttl` seconds; wait up to `wait` seconds for a login.

        If the login is missing or dead, people are asked for it in the client's thread.

        Raises:
            RequestError, OAuthError, StorageError: see `http.problems`.
        """
        accounts = self._accounts_of(client, thread)
        found = await self._token_or_error(accounts, client, word, min_ttl)
        if isinstance(found, dict):
            return found
        is_asked = await self._ask(accounts, word, waits=wait > 0)
        async with aclosing(self._changes.during(wait)) as rounds:
            async for _ in rounds:
                await self._admission.check_again(client)  # the client has waited since it was admitted
                found = await self._token_or_error(accounts, client, word, min_ttl)
                if isinstance(found, dict):
                    return found
        await self._admission.check_again(client)
        if is_asked:
            found.kept += _ASKED
        raise found

    async def _token_or_error(
        self, accounts: ClientAccounts, client: Client, word: str, min_ttl: int
    ) -> dict[str, object] | OAuthError:
        """Return the answer with a token, or the error that a login could end."""
        begun = monotonic()
        try:
            entries = await self._runtime.store.read()
            chosen = await accounts.find(word, entries)
            token = await self._valid_token(chosen.account, entries, min_ttl)
        except ProgramKeepsLoginError:
            raise  # no login brings a token here
        except (NotLoggedInError, LoginDeadError) as error:
            return error
        return await self._answer(client, chosen, token, accounts.thread, begun)

    def _accounts_of(self, client: Client, thread: ThreadId | None) -> ClientAccounts:
        """Return the accounts of a client, which remember what its words have meant.

        Raises:
            OtherThreadError: the request names a thread, and the key has another one or none.
        """
        known = self._accounts.get((client, thread))
        if known is None:
            if len(self._accounts) >= _MOST_CLIENTS:
                self._accounts.clear()
            known = self._accounts[client, thread] = ClientAccounts(self._runtime, client, thread)
        return known

    async def rejected(self, client: Client, word: str, sha256: str, *, thread: ThreadId | None) -> dict[str, object]:
        """Return the current token; refresh it first only if it is the one whose hash a server refused.

        Raises:
            RefreshedLatelyError: the word of a client has caused a refresh less than a minute ago.
            RequestError, OAuthError, StorageError: see `http.problems`.
        """
        begun, accounts = monotonic(), self._accounts_of(client, thread)
        entries = await self._runtime.store.read()
        chosen = await accounts.find(word, entries)
        account = chosen.account
        token = await self._valid_token(account, entries, SKEW)
        refreshed = False
        if compare_digest(token.value.fingerprint(), sha256):
            self._check_renewable(client, account, await self._runtime.store.read())
            refused = token
            renew = partial(self._source.force_refresh, account, rejected=refused)
            token = await self._refreshes.refresh(account.tenant, refused, renew)
            refreshed = self._source.has_renewed(account, token)
        return {**await self._answer(client, chosen, token, accounts.thread, begun), "refreshed": refreshed}

    async def request(self, client: Client, word: str, reason: str, *, thread: ThreadId | None) -> dict[str, object]:
        """Ask people in the client's thread for a login.

        Raises:
            NoThreadError: the client has no thread.
            RequestError, OAuthError, StorageError: see `http.problems`.
        """
        accounts = self._accounts_of(client, thread)
        if accounts.thread is None:
            raise NoThreadError
        account = await accounts.requestable(word)
        asked = await LoginRequests(self._runtime, accounts.thread).ask(account, reason)
        return {"login": asked.login, "thread": str(accounts.thread), "state": asked.state}

    async def status(self, client: Client, *, thread: ThreadId | None) -> dict[str, object]:
        """Return the logins that the client may use; never a secret.

        Raises:
            RequestError, OAuthError, StorageError: see `http.problems`.
        """
        accounts = self._accounts_of(client, thread)
        shown = None if accounts.thread is None else str(accounts.thread)
        logins = await covered_logins(self._runtime, accounts)
        return {"client": client.name, "thread": shown, "logins": logins}

    async def _valid_token(self, account: Account, entries: Mapping[str, Entry], min_ttl: int) -> AccessToken:
        """Return a token that lives for more than `min_ttl` seconds, or the living one if it was renewed lately.

        A vendor's tokens may never live for so long. Without a bound, each request of a client would then renew them.
        """
        if (token := self._source.living(account, entries, min_ttl)) is not None:
            return token
        entry = entries.get(account.tenant)
        renew = partial(self._source.get_valid, account, min_ttl=min_ttl)
        if not isinstance(entry, LoginEntry) or not entry.refresh_token:
            return await renew()
        if not 0 < entry.expires_at - self._runtime.clock() <= min_ttl:
            return await renew()
        try:
            return await self._refreshes.refresh(account.tenant, AccessToken.of(entry), renew, waits=False)
        except (RefreshedLatelyError, StorageError):
            return await self._source.get_valid(account, min_ttl=0)

    async def _ask(self, accounts: ClientAccounts, word: str, *, waits: bool) -> bool:
        """Ask for a missing login in the client's thread; return whether people are asked now."""
        if accounts.thread is None:
            return False
        try:
            account = await accounts.requestable(word)
        except OAuthError:
            return False  # nobody knows which login to ask for; the client has this error already
        return await LoginRequests(self._runtime, accounts.thread).ask_by_itself(account, waits=waits)

    @staticmethod
    def _check_renewable(client: Client, account: Account, entries: Mapping[str, Entry]) -> None:
        """Refuse to end a login that nobody can renew at the word of a client with a key.

        A person would have to make the login anew, and the word of an agent in a sandbox is no proof.

        Raises:
            LoginDeadError: nobody can renew it.
        """
        if client.sha256 is not None and not getattr(entries.get(account.tenant), "refresh_token", None):
            raise LoginDeadError(account.tenant, _REFUSED)

    async def _answer(
        self, client: Client, chosen: ChosenAccount, token: AccessToken, thread: ThreadId | None, begun: float
    ) -> dict[str, object]:
        """Return the answer with a token, if the key of the client is still valid."""
        await self._admission.check_again(client)
        await self._audit.record(client.name, chosen.account.tenant, thread, monotonic() - begun)
        return {
            "access_token": token.value.reveal(),
            "expires_at": token.expires_at,
            "token_type": "Bearer",
            "login": chosen.account.tenant,
            "because": chosen.because,
        }
