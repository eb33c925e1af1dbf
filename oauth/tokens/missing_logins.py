"""Ask for a login that is missing in the thread of an agent, and wait until a person has logged in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from openab_auth.oauth.accounts import Account
from openab_auth.oauth.errors import LoginDeadError, NotLoggedInError, OAuthError, ProgramKeepsLoginError
from openab_auth.oauth.requests.waiting import store_changes
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import ThreadId
from openab_auth.storage.mirror_mark import is_mirror

if TYPE_CHECKING:
    from openab_auth.oauth.requests import LoginRequests

T = TypeVar("T")


class MissingLogins:
    """The logins that an agent in `thread` needs and does not have; without a thread, nobody is asked."""

    def __init__(self, runtime: Runtime, thread: ThreadId | None) -> None:
        self._runtime = runtime
        self._thread = thread
        self._requests: LoginRequests | None = None

    async def ask_and_get(self, word: str | Account, wait: float, get: Callable[[], Awaitable[T]]) -> T:
        """Return what `get` returns; if the login is missing or dead, ask for it, and wait up to `wait` seconds.

        Raises:
            NotLoggedInError, LoginDeadError: nobody has logged in by then.
            OAuthError, StorageError: as `get`.
        """
        try:
            return await get()
        except ProgramKeepsLoginError:
            raise  # no login brings a token here
        except (NotLoggedInError, LoginDeadError) as error:
            missing: OAuthError = error
        store = self._runtime.store
        asking = None if await store.run(is_mirror) else self._asks()
        is_asked = asking is not None and await asking.ask_by_itself(word, waits=wait > 0)
        async for _ in store_changes(store, wait):
            try:
                return await get()
            except (NotLoggedInError, LoginDeadError) as error:
                missing = error
            if asking is not None:
                await asking.keep_asking(word)
        if is_asked:
            missing.kept += ", and people in the thread are asked for the login"
        raise missing

    def _asks(self) -> LoginRequests | None:
        if self._requests is None and self._thread is not None:
            from openab_auth.oauth.requests.asking import LoginRequests  # noqa: PLC0415 - a token that is there needs none

            self._requests = LoginRequests(self._runtime, self._thread)
        return self._requests
