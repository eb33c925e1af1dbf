"""The steps of a login without Discord, on a real store and a real authorization server."""

import asyncio
import dataclasses
import pkgutil
import re
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.open_work import ClosingError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.views.logout import LogoutButton
from openab_auth.oauth.errors import (
    LoginChangedError,
    LoginTakenError,
    NoPendingLoginError,
    NotLoggedInError,
    PasteRefusedError,
)
from openab_auth.storage import ThreadId
from openab_auth.storage.errors import StoreUnreadableError
from tests.cogs.auth.service.service_logins import Log, Start, Stored, log_in, outcomes


async def test_two_steps_end_in_the_store_and_in_the_audit_log(
    service: AuthService, issuer: Issuer, ada: Caller, stored: Stored, audited: Log
) -> None:
    offer = await service.login(ada, "lab")
    done = await service.complete(ada, await issuer.approve(offer.url))
    assert done.account == "ada@example.com"
    assert stored()["lab"]["access_token"]
    assert outcomes(audited) == [("login", "1", "ok"), ("complete", "1", "ok")]
    assert [(line["vendor"], line["account"]) for line in audited()] == [("lab", "lab"), ("lab", "lab")]


async def test_access_is_asked_again_when_the_paste_comes(
    service: AuthService, issuer: Issuer, bob: Caller, settings: DiscordSettings, start: Start
) -> None:
    """Between the two steps the bot restarts with a list that no longer contains the person."""
    redirect = await issuer.approve((await service.login(bob, "lab")).url)
    stricter = dataclasses.replace(settings, allowed_roles=frozenset())
    later = start(stricter)
    with pytest.raises(AccessDeniedError):
        await later.complete(bob, redirect)
    assert not issuer.requests("/token")


async def test_a_paste_by_another_person_finishes_nothing(
    service: AuthService, issuer: Issuer, ada: Caller, bob: Caller
) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    with pytest.raises(NoPendingLoginError):
        await service.complete(bob, redirect)
    assert (await service.complete(ada, redirect)).vendor.name == "lab"


async def test_a_paste_sent_twice_is_exchanged_once(service: AuthService, issuer: Issuer, ada: Caller) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    ended = await asyncio.gather(*(service.complete(ada, redirect) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(outcome, NoPendingLoginError) for outcome in ended) == 1
    assert len(issuer.requests("/token")) == 1


async def test_a_bad_paste_ends_no_login_and_the_audit_log_names_the_mistake(
    service: AuthService, issuer: Issuer, ada: Caller, audited: Log
) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    with pytest.raises(PasteRefusedError):
        await service.complete(ada, "no redirect at all", "lab")
    await service.complete(ada, redirect, "lab")
    assert [outcome for _, _, outcome in outcomes(audited)] == ["ok", "paste_refused:not_understood", "ok"]


async def test_a_restart_between_the_steps_changes_nothing(
    service: AuthService, issuer: Issuer, ada: Caller, settings: DiscordSettings, start: Start
) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    await service.aclose()
    later = start(settings)
    assert (await later.complete(ada, redirect)).account == "ada@example.com"


async def test_a_pending_login_is_over_after_fifteen_minutes(
    service: AuthService, issuer: Issuer, ada: Caller, clock: SimpleNamespace
) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    clock.ahead = 901
    with pytest.raises(NoPendingLoginError):
        await service.complete(ada, redirect)


async def test_with_two_pending_logins_the_paste_finds_its_own(
    service: AuthService, issuer: Issuer, ada: Caller
) -> None:
    first = await service.login(ada, "lab")
    await service.login(ada, "second")
    assert (await service.complete(ada, await issuer.approve(first.url))).vendor.name == "lab"
    assert [login.vendor for login in await service.pending(ada)] == ["second"]


async def test_replacing_another_persons_login_needs_a_yes(
    service: AuthService, issuer: Issuer, ada: Caller, bob: Caller
) -> None:
    await log_in(service, issuer, ada)
    with pytest.raises(LoginTakenError) as taken:
        await service.login(bob, "lab")
    assert taken.value.logged_in_by == ada.user
    offer = await service.login(bob, "lab", replaces=taken.value.generation)
    redirect = await issuer.approve(offer.url, account="bob@example.com")
    assert (await service.complete(bob, redirect)).account == "bob@example.com"


async def test_a_login_is_ended_by_who_made_it_or_by_an_operator(
    service: AuthService, issuer: Issuer, ada: Caller, bob: Caller, audited: Log
) -> None:
    await log_in(service, issuer, ada)
    with pytest.raises(AccessDeniedError):
        await service.logout(bob, "lab", revoke=False)
    await service.logout(ada, "lab", revoke=False)
    await log_in(service, issuer, bob)
    done = await service.logout(ada, "lab", revoke=True)
    assert done.revoked
    assert len(issuer.requests("/revoke")) == 1
    assert ("logout", "2", "not_allowed") in outcomes(audited)
    with pytest.raises(NotLoggedInError):
        await service.ask_logout(ada, "lab")


async def test_a_logout_whose_notes_cannot_be_read_says_so(
    service: AuthService, issuer: Issuer, bob: Caller, stored: Stored, store_path: Path
) -> None:
    """Without its note, the login looks like another person's login, or like another login than in the question."""
    await log_in(service, issuer, bob)
    asked = await service.ask_logout(bob, "lab")
    notes = store_path.with_name("auth.json.notes")
    notes.unlink()
    notes.mkdir()

    with pytest.raises(StoreUnreadableError):
        await service.ask_logout(bob, "lab")
    with pytest.raises(StoreUnreadableError):
        await service.logout(bob, "lab", asked.generation, revoke=True)

    assert "lab" in stored()
    assert not issuer.requests("/revoke")
    assert (await service.status(bob)).problems


async def test_a_question_of_an_older_version_which_names_no_login_ends_none(
    service: AuthService, issuer: Issuer, ada: Caller, stored: Stored
) -> None:
    await log_in(service, issuer, ada)
    match = re.fullmatch(LogoutButton.__discord_ui_compiled_template__, "auth:logout:here:lab")
    assert match is not None
    assert (match["tenant"], match["generation"]) == ("lab", None)

    with pytest.raises(LoginChangedError):
        await service.logout(ada, match["tenant"], match["generation"] or "", revoke=True)

    assert "lab" in stored()
    assert not issuer.requests("/revoke")


async def test_closing_waits_for_the_work_under_way_and_takes_nothing_new(service: AuthService) -> None:
    answered = asyncio.Event()
    begun = asyncio.Event()

    async def work() -> None:
        service.guard.begin_work()
        begun.set()
        await asyncio.sleep(0.05)
        answered.set()

    task = asyncio.create_task(work())
    await begun.wait()
    await service.aclose()
    assert answered.is_set()
    await task
    with pytest.raises(ClosingError):
        service.guard.begin_work()


@pytest.mark.parametrize(
    ("work", "asks"),
    [
        ("service.threads.accounts_of_thread", lambda service, ada: service.threads.shown(ada, ThreadId(7))),
        ("service.service.narrowed", lambda service, ada: service.status(ada, "lab", "me")),
    ],
)
async def test_many_logins_are_looked_through_beside_the_event_loop(
    service: AuthService,
    ada: Caller,
    monkeypatch: pytest.MonkeyPatch,
    work: str,
    asks: Callable[[AuthService, Caller], Awaitable[object]],
) -> None:
    """Thousands of personal accounts take seconds, and requests for a status are not limited."""
    where = f"openab_auth.cogs.auth.{work}"
    real, threads = pkgutil.resolve_name(where), []

    def look(*arguments: object, **named: object) -> object:
        threads.append(threading.get_ident())
        return real(*arguments, **named)

    monkeypatch.setattr(where, look)
    await asks(service, ada)

    assert threads
    assert threading.get_ident() not in threads
