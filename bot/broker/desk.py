"""What each request of a client does, without HTTP."""

from __future__ import annotations

from contextlib import aclosing
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from openab_auth.bot.broker.accounts import ClientAccounts
from openab_auth.bot.broker.problems import NoThreadError
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, OAuthError, ProgramKeepsLoginError
from openab_auth.oauth.requests import LoginRequests

if TYPE_CHECKING:
    from openab_auth.bot.broker.audit import TokenAudit
    from openab_auth.bot.broker.changes import StoreChanges
    from openab_auth.bot.broker.clients import Admission, Client
    from openab_auth.bot.broker.limits import RefreshesByWord
    from openab_auth.oauth.accounts import Account
    from openab_auth.oauth.entries import AccessToken
    from openab_auth.oauth.runtime import Runtime
    from openab_auth.oauth.tokens import TokenSource
    from openab_auth.storage import ThreadId

_REFUSED: Final = "a server refused its token, and nobody can renew it"


class TokenDesk:
    """Serves tokens to clients; all clients share the refreshes of one `source`, which works in no thread."""

    def __init__(  # noqa: PLR0913 - its collaborators
        self,
        runtime: Runtime,
        source: TokenSource,
        admission: Admission,
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

    async def token(
        self, client: Client, word: str, *, min_ttl: int, wait: int, thread: ThreadId | None
    ) -> dict[str, object]:
        """Return a token that lives for more than `min_ttl` seconds; wait up to `wait` seconds for a login.

        If the login is missing or dead, people are asked for it in the client's thread.

        Raises:
            RequestError, OAuthError, StorageError: see `problems`.
        """
        accounts = ClientAccounts(self._runtime, client, thread)
        asking = LoginRequests(self._runtime, accounts.thread) if accounts.thread is not None else None
        missing: OAuthError | None = None
        asked: Account | None = None
        async with aclosing(self._changes.during(wait)) as rounds:
            async for _ in rounds:
                await self._admission.check_again(client)
                try:
                    account = await accounts.find(word)
                    token = await self._source.get_valid(account, min_ttl=min_ttl)
                except ProgramKeepsLoginError:
                    raise  # no login brings a token here
                except (NotLoggedInError, LoginDeadError) as error:
                    missing = error
                else:
                    return await self._answer(client, account, token, accounts.thread)
                if asking is not None and asked is None and (asked := await accounts.missing(missing)) is not None:
                    await asking.ask_by_itself(asked, waits=wait > 0)
        await self._admission.check_again(client)
        assert missing is not None  # noqa: S101 - there is at least one round
        raise missing

    async def rejected(self, client: Client, word: str, sha256: str, *, thread: ThreadId | None) -> dict[str, object]:
        """Return the current token; refresh it first only if it is the one whose hash a server refused.

        Raises:
            RefreshedLatelyError: the word of a client has caused a refresh less than a minute ago.
            RequestError, OAuthError, StorageError: see `problems`.
        """
        accounts = ClientAccounts(self._runtime, client, thread)
        account = await accounts.find(word)
        token = await self._source.get_valid(account)
        if compare_digest(token.value.fingerprint(), sha256):
            token = await self._refreshes.refresh(account.tenant, lambda: self._renew(client, account, token))
        return await self._answer(client, account, token, accounts.thread)

    async def _renew(self, client: Client, account: Account, refused: AccessToken) -> AccessToken:
        """Renew a login whose token a server refused.

        The word of a client with a key does not end a login that nobody can renew: a person would have to make it anew.
        """
        entry = (await self._runtime.store.read()).get(account.tenant)
        refresh_token = getattr(entry, "refresh_token", None)
        if client.sha256 is not None and not refresh_token:
            raise LoginDeadError(account.tenant, _REFUSED)
        return await self._source.force_refresh(account, rejected=refused)

    async def request(self, client: Client, word: str, reason: str, *, thread: ThreadId | None) -> dict[str, object]:
        """Ask people in the client's thread for a login.

        Raises:
            NoThreadError: the client has no thread.
            RequestError, OAuthError, StorageError: see `problems`.
        """
        accounts = ClientAccounts(self._runtime, client, thread)
        if accounts.thread is None:
            raise NoThreadError
        try:
            account = await accounts.find(word)
        except NotLoggedInError as error:
            found = await accounts.missing(error)
            if found is None:
                raise
            account = found
        asked = await LoginRequests(self._runtime, accounts.thread).ask(account, reason)
        return {"login": asked.login, "thread": str(accounts.thread), "state": asked.state}

    async def _answer(
        self, client: Client, account: Account, token: AccessToken, thread: ThreadId | None
    ) -> dict[str, object]:
        """Return the answer with a token, if the key of the client is still valid."""
        await self._admission.check_again(client)
        await self._audit.record(client.name, account.tenant, thread)
        return {
            "access_token": token.value.reveal(),
            "expires_at": token.expires_at,
            "token_type": "Bearer",
            "login": account.tenant,
        }
