"""A flow describes how one kind of login goes: what a row needs, how a login begins, and how it ends."""

# ruff: noqa: ARG002 - a flow overrides what it has; the defaults use few of their arguments

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from openab_auth.oauth.errors import NoPendingLoginError

if TYPE_CHECKING:
    import asyncio

    from openab_auth.oauth.client import Driver
    from openab_auth.oauth.config import ConfigTable
    from openab_auth.oauth.entries.pending_entry import PendingLogin
    from openab_auth.oauth.entries.pending_logins import PendingLogins
    from openab_auth.oauth.flows.background import BackgroundWork
    from openab_auth.oauth.flows.login_offer import LoginOffer
    from openab_auth.oauth.flows.login_result import LoginResult
    from openab_auth.oauth.flows.renewer import Renewal, Renewer
    from openab_auth.oauth.flows.storing import LoginWriter
    from openab_auth.oauth.mcp.server_logins import ServerLogins
    from openab_auth.oauth.paste import Paste
    from openab_auth.oauth.vendors import Catalogue, Vendor
    from openab_auth.storage import AsyncStore
    from openab_auth.storage.entries import PendingEntry, UserId

Admit: TypeAlias = "Callable[[PendingLogin], Awaitable[None]]"


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """A person asks for a login.

    The login of the generation `replaces` may be replaced, no other one. `guild` is the Discord server in which the
    person asks.
    """

    user: UserId
    replaces: str | None = None
    guild: int | None = None


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
        """Return whether this process stops: what ends now is told by this process or by none."""
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
    longer be stored. Login programs inherit `environ`; `max_pending` is per person.
    """

    catalogue: Callable[[], Awaitable[Catalogue]]
    store: AsyncStore
    driver: Driver
    servers: ServerLogins
    pending: PendingLogins
    writer: LoginWriter
    background: BackgroundWork
    waiting: WaitingRegistry
    environ: Mapping[str, str]
    clock: Callable[[], float]
    max_pending: int
    admit: Admit | None = None


class Flow(Protocol):
    """Describes one kind of login. The object is shared by all logins of its kind, so it holds no state.

    A new flow inherits from this class, and gets a row in `FLOWS`.
    """

    name: str
    in_vendor_table: bool = True
    needs_login: bool = True
    takes_paste: bool = False  # a paste may end the login
    waits: bool = False  # the login may end without a paste
    in_store: bool = True  # the pending login is stored, so that a restart does not end it
    runs_program: bool = False  # the vendor's own program makes the login and keeps it
    begins_at: Literal["authorize_url", "device_url"] = "authorize_url"

    def check(self, table: ConfigTable, vendor: Vendor) -> None:
        """Report to `table` what the row of `vendor` lacks."""

    def can_begin(self, vendor: Vendor, environ: Mapping[str, str]) -> bool:
        """Return whether a login of this vendor can begin on this machine."""
        return self.needs_login

    async def begin(self, context: LoginContext, vendor: Vendor, request: LoginRequest) -> LoginOffer:
        """Begin a login, and return the link. `Logins.begin` lists what it raises."""
        ...

    async def complete(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry, paste: Paste
    ) -> LoginResult:
        """End a pending login with the paste that belongs to it. `Logins.complete` lists what it raises."""
        raise NoPendingLoginError(login.vendor)

    async def wait(
        self, context: LoginContext, vendor: Vendor, login: PendingLogin, entry: PendingEntry
    ) -> LoginResult:
        """Wait until a pending login ends without a paste. `Logins.outcome` lists what it raises."""
        raise NoPendingLoginError(login.vendor)

    def renewer(self, renewal: Renewal) -> Renewer:
        """Return the object that asks for the next tokens of a login."""
        from openab_auth.oauth.flows.exchange.renewer import CopilotRenewer  # noqa: PLC0415 - only a refresh pays for it
        from openab_auth.oauth.flows.renewer import VendorRenewer  # noqa: PLC0415 - as above

        if renewal.vendor.exchange == "github-copilot":
            return CopilotRenewer(renewal.vendor, renewal.token_endpoint, renewal.clock)
        return VendorRenewer(renewal.vendor, renewal.token_endpoint)


def check_endpoints(table: ConfigTable, **urls: str) -> None:
    """Report the endpoints that the row lacks; an issuer's metadata may give all of them."""
    if table.text("issuer"):
        return
    for key, url in urls.items():
        if not url:
            table.wrong(key, f"is missing: give {' and '.join(urls)}, or issuer")


def check_client_id(table: ConfigTable, vendor: Vendor) -> None:
    """Report a missing client id."""
    if not vendor.client_id:
        variable = f", and ${vendor.client_id_env} is not set" if vendor.client_id_env else ""
        table.wrong("client_id", f"is missing{variable}")
