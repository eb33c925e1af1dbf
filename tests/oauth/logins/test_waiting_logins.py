"""The registry of logins that wait for an approval or a program: it owns task, result and audit line."""

from __future__ import annotations

import asyncio

import pytest

from openab_auth.oauth.entries.pending_entry import PendingLogin
from openab_auth.oauth.errors import LoginDeniedError, NoPendingLoginError
from openab_auth.oauth.flows import LoginResult
from openab_auth.oauth.logins import WaitingLogins
from openab_auth.oauth.logins import waiting as module
from openab_auth.oauth.vendors import Vendor, VendorName
from openab_auth.storage import Tenant, UserId
from tests.support.patience import until

ADA = UserId(42)
LAB = Vendor(VendorName("lab"), "The Lab", Tenant("lab"), flow="device")


class Audited:
    """Record the audit lines of the registry."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, UserId, BaseException | None]] = []

    async def __call__(self, vendor: Vendor, user: UserId, error: BaseException | None) -> None:
        self.lines.append((vendor.name, user, error))


def pending(generation: str = "a") -> PendingLogin:
    return PendingLogin("lab", ADA, 0, 900, generation)


async def approved(approval: asyncio.Event, result: LoginResult) -> LoginResult:
    await approval.wait()
    return result


async def denied() -> LoginResult:
    raise LoginDeniedError(LAB.name, "declined")


async def test_every_view_of_a_login_gets_its_result_and_one_line_is_written() -> None:
    audited, approval, result = Audited(), asyncio.Event(), LoginResult(LAB, 2_000_000_000, "ada")
    logins = WaitingLogins(audited)
    logins.start(LAB, pending(), approved(approval, result))
    logins.expect_end("lab", ADA)
    views = [asyncio.create_task(logins.outcome("lab", ADA)) for _ in range(2)]
    gone = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)
    gone.cancel()
    approval.set()

    assert await asyncio.gather(*views) == [result, result]
    assert audited.lines == [("lab", ADA, None)]
    await logins.aclose()


async def test_a_failure_is_written_although_no_view_asks_for_it() -> None:
    audited = Audited()
    logins = WaitingLogins(audited)
    logins.start(LAB, pending(), denied())
    logins.expect_end("lab", ADA)
    await until(lambda: bool(audited.lines))
    ((vendor, user, error),) = audited.lines
    assert (vendor, user, type(error)) == ("lab", ADA, LoginDeniedError)
    with pytest.raises(LoginDeniedError):
        await logins.outcome("lab", ADA)


async def test_a_login_that_another_process_stored_gets_no_second_line() -> None:
    audited, approval = Audited(), asyncio.Event()
    approval.set()
    logins = WaitingLogins(audited)
    logins.start(LAB, pending(), approved(approval, LoginResult(LAB, 2_000_000_000, "ada", elsewhere=True)))
    assert await logins.outcome("lab", ADA)
    assert not audited.lines


async def test_a_cancelled_or_replaced_login_is_not_pending_and_gets_no_line() -> None:
    audited, approval = Audited(), asyncio.Event()
    logins = WaitingLogins(audited)
    logins.start(LAB, pending("a"), approved(approval, LoginResult(LAB, 0, None)))
    replaced = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)
    logins.start(LAB, pending("b"), approved(approval, LoginResult(LAB, 0, None)))
    cancelled = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)

    assert not await logins.cancel("lab", ADA, "a")  # a login that began later goes on
    assert await logins.cancel("lab", ADA, "b")

    for view in (replaced, cancelled):
        with pytest.raises(NoPendingLoginError):
            await view
    assert not audited.lines


async def test_a_view_learns_that_the_process_stops_before_the_login_ends() -> None:
    logins = WaitingLogins()
    logins.start(LAB, pending(), approved(asyncio.Event(), LoginResult(LAB, 0, None)))
    view = asyncio.create_task(logins.outcome("lab", ADA))
    await asyncio.sleep(0)
    await logins.aclose()
    assert await view is None


async def test_an_end_that_nobody_asks_for_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 0.0)
    logins = WaitingLogins()
    logins.start(LAB, pending(), denied())
    logins.expect_end("lab", ADA)
    await until(lambda: not (logins._logins or logins._ends))
