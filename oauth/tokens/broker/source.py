"""Valid access tokens from a broker: the methods of a source on a store, for agents that cannot read one."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, NoReturn, Self

from openab_auth.oauth.accounts import Account
from openab_auth.oauth.entries import REFRESH_DEADLINE, SKEW, AccessToken
from openab_auth.oauth.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    InsufficientScopeError,
    LoginDeadError,
    NotAtBrokerError,
    NotLoggedInError,
    OAuthError,
    RefreshBusyError,
)
from openab_auth.oauth.threads.which_thread import thread_in
from openab_auth.oauth.tokens.broker.answers import (
    Asked,
    BrokerRequest,
    BrokerToken,
    JsonObject,
    read_logins,
    read_reply,
    read_request,
    read_token,
)
from openab_auth.oauth.tokens.broker.client import BrokerClient
from openab_auth.oauth.tokens.broker.memory import LastTokens
from openab_auth.oauth.tokens.broker.polls import NoWaitError, SharedPolls, Wanted
from openab_auth.storage import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from openab_auth.oauth.threads import ChosenAccount
    from openab_auth.oauth.tokens.broker.address import BrokerAddress
    from openab_auth.oauth.tokens.httpx_auth import TokenAuth
    from openab_auth.storage import AsyncStore, Json

_LONGEST_TTL: Final = 600  # seconds for which a broker promises that a token lives
_LONGEST_POLL: Final = 50  # seconds that a broker lets one request wait
_LONGEST_REASON: Final = 1000  # characters; people see the first 200, and a broker bounds the body
_DEADLINE: Final = REFRESH_DEADLINE + 10  # seconds for one request beside its wait: the broker may have to refresh
_QUICK: Final = 3.0  # seconds for the answer of a broker that has only to look
_REST: Final = 1.0  # seconds between two requests of an agent that waits, if the first ended early
_AT_ONCE: Final = 0.5  # seconds; a broker that answers so soon does not wait
_OF_VENDOR: Final = "token"  # the kind of a login whose token may go anywhere
_ON_A_STORE: Final = "do it where the store is, or ask the operator of the broker"
_AWAY: Final = (BrokerUnavailableError, RefreshBusyError)
_MISSING: Final = (NotLoggedInError, LoginDeadError)


class BrokerTokenSource:
    """Valid access tokens from the broker at `address`; `openab_auth.TokenSource.at` makes it.

    Its methods do what those of a source on a store do. A method that a broker does not offer raises
    `NotAtBrokerError`. Each token is asked for anew, so that a logout or a revoked key counts at once. While the broker
    gives no answer, the last token of a login is returned until it expires, and the broker is asked less often.

    Raises:
        ThreadIdError: `thread` or OPENAB_AUTH_THREAD is no id.
    """

    def __init__(
        self,
        address: BrokerAddress,
        key: Secret | None,
        environ: Mapping[str, str],
        *,
        thread: int | str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.place = address.place
        self._key = key
        self._client = BrokerClient(address, key, environ)
        found = thread_in(environ, thread, "thread")
        # A key has its own thread, and a key without one may name none. So the environment's is for clients without.
        self._thread = None if found is None or (key and thread is None) else str(found)
        self._last = LastTokens(clock)
        self._servers: dict[str, tuple[AccessToken, str | None]] = {}
        self._polls = SharedPolls()

    @property
    def store(self) -> AsyncStore:
        """Raise `NotAtBrokerError`: the store stays with the broker."""
        return self._refuse("show its store")

    async def get_valid(
        self, tenant_or_vendor: str | Account, *, min_ttl: float = SKEW, wait: float = 0
    ) -> AccessToken:
        """Return a token that lives for more than `min_ttl` seconds, which may be at most 600.

        If the login is missing or dead, wait up to `wait` seconds for a person to log in.

        Raises:
            NotLoggedInError, LoginDeadError, RefreshBusyError: as a source on the store of the broker.
            BrokerRefusedError: the broker does not know the key, or the key does not cover the login.
            BrokerUnavailableError: the broker gave no usable answer, or cannot serve the request now.
            BrokerSettingError: there is no trusted connection to this address.
            NetworkVariableError: a variable about proxies or certificates is unusable; nothing was sent.
        """
        return (await self.get_token(tenant_or_vendor, min_ttl=min_ttl, wait=wait)).token

    async def get_token(
        self, tenant_or_vendor: str | Account, *, min_ttl: float = SKEW, wait: float = 0
    ) -> BrokerToken:
        """Return the token together with the key of its login; see `get_valid`."""
        if min_ttl > _LONGEST_TTL:
            self._refuse(f"promise a token for more than {_LONGEST_TTL} s", "ask for a shorter time")
        word, ttl, now = _text(tenant_or_vendor), math.ceil(max(min_ttl, 0)), asyncio.get_running_loop().time
        end = now() + wait
        while (left := end - now()) > 0:
            begun, rest = now(), _REST
            try:
                async with asyncio.timeout(left):
                    # A broker that has given a token answers at once, or it is silent, or the login is gone.
                    poll = 0 if self._last.living(word) else min(math.ceil(left), _LONGEST_POLL)
                    return await self._poll(word, ttl, poll)
            except NoWaitError as error:
                raise error.missing from None
            except (*_MISSING, *_AWAY, TimeoutError) as error:
                rest = max(rest, getattr(error, "retry_after", None) or 0)
            await asyncio.sleep(max(0, min(begun + rest, end) - now()))
        return await self._poll(word, ttl, 0)

    async def force_refresh(
        self, tenant_or_vendor: str | Account, rejected: AccessToken | Secret | str | None = None
    ) -> AccessToken:
        """Return another token than `rejected`, which a server refused.

        Raises:
            NotAtBrokerError: no `rejected` token is given; a broker refreshes only in place of a refused one.
            OAuthError: as `get_valid`. A broker refreshes a login at most once a minute for its clients.
        """
        return (await self.replace(tenant_or_vendor, rejected)).token

    async def replace(
        self, tenant_or_vendor: str | Account, rejected: AccessToken | Secret | str | None
    ) -> BrokerToken:
        """Return another token than `rejected` together with the key of its login; see `force_refresh`."""
        if rejected is None:
            self._refuse("refresh a login that works", "give the token that a server has refused")
        word, refused = _text(tenant_or_vendor), AccessToken.value_in(rejected)
        self._last.forget(word, refused)
        body: Json = {"sha256": refused.fingerprint()}
        found = await self._send("POST", ("token", word, "rejected"), word, query=self._query(), body=body)
        return self._last.keep(word, read_token(self._asked(word), found))

    async def server_url(self, tenant_or_vendor: str) -> str | None:
        """Return the only address to which the token of an MCP server may go; None for a vendor's token.

        Raises:
            NotAtBrokerError: the broker does not say it.
            OAuthError: as `get_valid`.
        """
        word = tenant_or_vendor
        known = self._last.living(word) or await self.get_token(word)
        found = self._servers.get(word)
        if found is None or found[0] != known.token:
            found = self._servers[word] = known.token, await self._server_of(known)
        return found[1]

    async def demand(self, tenant_or_vendor: str, scopes: tuple[str, ...]) -> InsufficientScopeError:
        """Return the error for a server that wants these scopes; a broker does not note them for the next login."""
        todo = "ask the operator of the broker for a login with these scopes"
        return InsufficientScopeError(tenant_or_vendor, scopes, todo)

    async def ask(self, tenant_or_vendor: str | Account, reason: str = "") -> BrokerRequest:
        """Ask people for a login in the thread of the key, or in the thread that this source names.

        Raises:
            BrokerRefusedError: no thread is known, or nobody may be asked for this account there.
            OAuthError: as `get_valid`.
        """
        word = _text(tenant_or_vendor)
        body: dict[str, Json] = {"account": word, "reason": reason[:_LONGEST_REASON], **self._query()}
        found = await self._send("POST", ("request",), word, body=body)
        return read_request(self._asked(word), found)

    async def logins(self) -> tuple[JsonObject, ...]:
        """Return what the broker shows of the logins that it serves to this client; never a secret.

        Raises:
            OAuthError: as `get_valid`.
        """
        return read_logins(self._asked(), await self._send("GET", ("status",), query=self._query()))

    def auth(self, tenant_or_vendor: str) -> TokenAuth:
        """Return an `Auth` for `httpx2.AsyncClient(auth=…)`: it sends the token, and repeats a request after a 401."""
        from openab_auth.oauth.tokens.httpx_auth import TokenAuth  # noqa: PLC0415 - as `TokenSource.auth`

        return TokenAuth(self, tenant_or_vendor)

    async def account_for(self, tenant_or_vendor: str) -> ChosenAccount:
        """Raise `NotAtBrokerError`; `get_token` tells which login serves a word."""
        del tenant_or_vendor
        return self._refuse("tell which account a word means before there is a token", "use `get_token`")

    async def get_chosen(
        self, tenant_or_vendor: str, *, min_ttl: float = SKEW, wait: float = 0
    ) -> tuple[ChosenAccount, AccessToken]:
        """Raise `NotAtBrokerError`; `get_token` tells which login serves a word."""
        del tenant_or_vendor, min_ttl, wait
        return self._refuse("tell why an account serves a word", "use `get_token`")

    async def limited(self, tenant_or_vendor: str | Account, *, until: float | datetime) -> Account:
        """Raise `NotAtBrokerError`: a broker writes nothing into the store."""
        del tenant_or_vendor, until
        return self._refuse("record that an account is limited")

    def has_renewed(self, account: Account, token: AccessToken) -> bool:
        """Return False: a broker renews logins, and never this process."""
        del account, token
        return False

    async def aclose(self) -> None:
        """End the requests that wait, and close."""
        await self._polls.aclose()
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _poll(self, word: str, min_ttl: int, wait: int) -> BrokerToken:
        """Return the token from one request, or the last token while the broker cannot answer and the token lives."""
        if self._last.rests() and (known := self._last.living(word)) is not None:
            return known
        try:
            return await self._polls.get(Wanted(word, min_ttl, wait > 0), lambda: self._token(word, min_ttl, wait))
        except _AWAY:
            if (known := self._last.living(word)) is not None:
                return known
            raise

    async def _token(self, word: str, min_ttl: int, wait: int) -> BrokerToken:
        query: dict[str, str | int] = {"min_ttl": min_ttl, **({"wait": wait} if wait else {}), **self._query()}
        now = asyncio.get_running_loop().time
        begun = now()
        no_refresh = not wait and self._last.living(word, min_ttl) is not None
        try:
            seconds = _QUICK if no_refresh else wait + _DEADLINE
            found = await self._send("GET", ("token", word), word, query=query, seconds=seconds)
        except NotLoggedInError as missing:
            if wait > 1 and now() - begun < _AT_ONCE:
                raise NoWaitError(missing) from None
            raise
        return self._last.keep(word, read_token(self._asked(word), found))

    async def _server_of(self, known: BrokerToken) -> str | None:
        row = next((row for row in await self.logins() if row["tenant"] == known.login), {})
        url = row.get("server_url")
        if isinstance(url, str) and url:
            return url
        if row.get("kind") == _OF_VENDOR:
            return None
        return self._refuse("tell to which server this token may go", "use `get_valid`, and send the token yourself")

    async def _send(  # noqa: PLR0913 - the parts of a request, and what it is about
        self,
        method: Literal["GET", "POST"],
        path: tuple[str, ...],
        word: str = "",
        *,
        query: Mapping[str, str | int] | None = None,
        body: Json = None,
        seconds: float = _DEADLINE,
    ) -> JsonObject:
        """Send a request and return the JSON of its answer; a refusal ends the memory of tokens.

        A refused key ends that of all tokens, and any other refusal that of the token for `word`.
        """
        begun = asyncio.get_running_loop().time()
        try:
            reply = await self._client.send(method, ("v1", *path), query=query, body=body, seconds=seconds)
        except BrokerUnavailableError:
            self._last.note_failure(asyncio.get_running_loop().time() - begun)
            raise
        try:
            return read_reply(self._asked(word), reply)
        except OAuthError as error:
            if isinstance(error, BrokerRefusedError) and error.status == HTTPStatus.UNAUTHORIZED:
                self._last.forget_all()
            elif not isinstance(error, _AWAY):
                self._last.forget(word)
            raise

    def _asked(self, word: str = "") -> Asked:
        return Asked(self.place, word, self._key)

    def _query(self) -> dict[str, str]:
        return {} if self._thread is None else {"thread": self._thread}

    def _refuse(self, what: str, todo: str = _ON_A_STORE) -> NoReturn:
        raise NotAtBrokerError(what, todo)


def _text(word: str | Account) -> str:
    return word.tenant if isinstance(word, Account) else word
