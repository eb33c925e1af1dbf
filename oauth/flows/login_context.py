"""The arguments of every flow: the request of a person, and the parts that all flows of one process share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import asyncio

    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.entries.pending_logins import PendingLogins
    from openab_auth.oauth.flows.background import BackgroundWork
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.storing import LoginWriter
    from openab_auth.oauth.mcp.server_logins import ServerLogins
    from openab_auth.oauth.vendors import Catalogue, Vendor
    from openab_auth.storage import AsyncStore
    from openab_auth.storage.entries import UserId

Admit: TypeAlias = "Callable[[PendingLogin], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class BeginRequest:
    """A person begins a login; an agent, which only asks people for one, writes a `LoginRequest`.

    Only the login of the generation `replaces` may be replaced. `guild` is the Discord server in which the person asks.
    The login may be stored beside other logins of its vendor account only if `beside` is their generation together.
    """

    user: UserId
    replaces: str | None = None
    guild: int | None = None
    beside: str | None = None


class Conversation(Protocol):
    """A login program that runs in this process: it takes what the person pastes and may print more."""

    async def answer(self, text: str) -> LoginResult:
        """Type what the person has pasted into the program, and return the login that this makes.

        Raises:
            ProgramWaitsError: the program waits for more.
            ProgramFailedError: the program ended without a login.
            NoPendingLoginError: the login was cancelled.
        """
        ...

    async def amended(self, offer: LoginOffer) -> LoginOffer:
        """Wait until the program has printed another link or code, and return the offer with it."""
        ...


class WaitingRegistry(Protocol):
    """The logins of this process that wait for an approval or a program."""

    @property
    def closing(self) -> bool:
        """Return whether this process stops: the end of a login is then told by this process, or by none."""
        ...

    def start(
        self,
        vendor: Vendor,
        login: PendingLogin,
        work: Coroutine[Any, Any, LoginResult],
        conversation: Conversation | None = None,
    ) -> asyncio.Task[LoginResult]:
        """Run `work` until the login ends, in place of a former login of this person at this vendor."""
        ...

    def in_memory(self, user: UserId | None = None) -> list[PendingLogin]:
        """Return the running logins of which the store holds nothing, of one person or of all."""
        ...

    async def cancel(self, vendor: str, user: UserId, generation: str | None = None) -> bool:
        """End a login, and wait until its work has ended; False if there is no such login."""
        ...


@dataclass(frozen=True, slots=True)
class LoginContext:
    """The parts that all flows of one `Logins` share: the store, the driver, and the registries.

    `catalogue` returns the vendors and servers of this moment. `admit` raises where a login that needs no paste may no
    longer be stored. `program_environment` returns the variables of login programs; `max_pending` is per person.
    """

    catalogue: Callable[[], Awaitable[Catalogue]]
    store: AsyncStore
    driver: Driver
    servers: ServerLogins
    pending: PendingLogins
    writer: LoginWriter
    background: BackgroundWork
    waiting: WaitingRegistry
    program_environment: Callable[[], Mapping[str, str]]
    clock: Callable[[], float]
    max_pending: int
    admit: Admit | None = None
