"""The steps of a login without Discord, on a real store and a real authorization server."""

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.open_requests import ClosingError
from openab_auth.cogs.auth.guard.rate_limit import TooManyAttemptsError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.cogs.auth.views.logout import LogoutButton
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import (
    LoginChangedError,
    LoginTakenError,
    NoPendingLoginError,
    NotLoggedInError,
    PasteRefusedError,
    RelativePathError,
    UnknownVendorError,
)

Log = Callable[[], list[dict[str, str]]]
Stored = Callable[[], dict[str, dict[str, str]]]
Start = Callable[[DiscordSettings], AuthService]


def outcomes(audited: Log) -> list[tuple[str, str, str]]:
    return [(line["event"], line["user"], line["outcome"]) for line in audited()]


async def log_in(service: AuthService, issuer: Issuer, caller: Caller, vendor: str = "lab") -> None:
    offer = await service.login(caller, vendor)
    await service.complete(caller, await issuer.approve(offer.url), vendor)


async def test_two_steps_end_in_the_store_and_in_the_audit_log(
    service: AuthService, issuer: Issuer, ada: Caller, stored: Stored, audited: Log
) -> None:
    offer = await service.login(ada, "lab")
    done = await service.complete(ada, await issuer.approve(offer.url))
    assert done.account == "ada@example.com"
    assert stored()["lab"]["access_token"]
    assert outcomes(audited) == [("login", "1", "ok"), ("complete", "1", "ok")]
    assert [(line["vendor"], line["tenant"]) for line in audited()] == [("lab", "lab"), ("lab", "lab")]


async def test_who_is_not_listed_gets_nothing_and_a_line_in_the_audit_log(
    service: AuthService, eve: Caller, stored: Stored, audited: Log
) -> None:
    for attempt in (
        service.login(eve, "lab"),
        service.complete(eve, "x"),
        service.cancel(eve),
        service.status(eve),
        service.ask_logout(eve, "lab"),
        service.logout(eve, "lab", revoke=True),
    ):
        with pytest.raises(AccessDeniedError):
            await attempt
    assert not stored()
    assert [outcome for _, _, outcome in outcomes(audited)] == ["not_allowed"] * 6


async def test_access_is_asked_again_when_the_paste_comes(
    service: AuthService, issuer: Issuer, bob: Caller, settings: DiscordSettings, start: Start
) -> None:
    """Between the two steps the bot was restarted with a list on which the person no longer stands."""
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


async def test_a_bad_paste_does_not_end_the_login_and_the_audit_log_says_which_mistake_it_was(
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


async def test_the_eleventh_try_in_a_minute_reaches_no_vendor(
    service: AuthService, issuer: Issuer, ada: Caller, clock: SimpleNamespace
) -> None:
    redirect = await issuer.approve((await service.login(ada, "lab")).url)
    for _ in range(9):
        with pytest.raises(PasteRefusedError):
            await service.complete(ada, "nonsense")
    with pytest.raises(TooManyAttemptsError):
        await service.complete(ada, redirect)
    assert not issuer.requests("/token")
    clock.ahead = 61
    await service.complete(ada, redirect)


Ask = Callable[[AuthService, Caller], Awaitable[object]]


@pytest.mark.parametrize(
    ("event", "ask"),
    [
        ("cancel", lambda service, caller: service.cancel(caller)),
        ("status", lambda service, caller: service.status(caller)),
        ("logout", lambda service, caller: service.ask_logout(caller, "lab")),
        ("logout", lambda service, caller: service.logout(caller, "lab", revoke=False)),
    ],
    ids=["cancel", "status", "logout asked", "logout"],
)
async def test_who_is_not_listed_cannot_fill_the_audit_log(
    service: AuthService, eve: Caller, audited: Log, clock: SimpleNamespace, event: str, ask: Ask
) -> None:
    """Ours: ten refusals are written down within a minute; what comes after is refused without a line."""
    for _ in range(10):
        with pytest.raises(AccessDeniedError):
            await ask(service, eve)
    for _ in range(15):
        with pytest.raises(TooManyAttemptsError):
            await ask(service, eve)

    assert outcomes(audited) == [(event, "3", "not_allowed")] * 10
    clock.ahead = 61
    with pytest.raises(AccessDeniedError):
        await ask(service, eve)
    assert len(audited()) == 11


async def test_who_is_listed_may_look_and_cancel_as_often_as_they_like(service: AuthService, ada: Caller) -> None:
    for _ in range(15):
        await service.status(ada)
        with pytest.raises(NoPendingLoginError):
            await service.cancel(ada)
        with pytest.raises(NotLoggedInError):
            await service.ask_logout(ada, "lab")

    assert (await service.login(ada, "lab")).url


async def test_what_a_person_types_as_a_vendor_is_not_written_down(
    service: AuthService, ada: Caller, audited: Log
) -> None:
    """People paste into the wrong field."""
    for attempt in (service.login(ada, "code=canary"), service.complete(ada, "code=abcdef&state=x", "code=canary")):
        with pytest.raises(UnknownVendorError):
            await attempt
    with pytest.raises(NotLoggedInError):
        await service.logout(ada, "code=canary", revoke=False)
    assert "canary" not in repr(audited())


async def test_no_secret_reaches_the_audit_log_or_the_logs(
    service: AuthService, issuer: Issuer, ada: Caller, stored: Stored, audited: Log, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    offer = await service.login(ada, "lab")
    secrets = [entry["verifier"] for entry in stored().values()]
    redirect = await issuer.approve(offer.url)
    query = parse_qs(urlsplit(redirect).query)
    secrets += [*query["code"], *query["state"]]
    await service.complete(ada, redirect)
    entry = stored()["lab"]
    secrets += [entry["access_token"], entry["refresh_token"]]
    ours = [record for record in caplog.records if record.name.split(".")[0] in {"cogs", "oauth", "storage"}]
    written = repr(audited()) + "".join(record.getMessage() for record in ours)
    assert all(secret and secret not in written for secret in secrets)


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


def test_an_audit_log_at_a_relative_path_is_refused(config: Config, settings: DiscordSettings, tmp_path: Path) -> None:
    """It would be another file in each folder that the bot is started in."""
    with pytest.raises(RelativePathError, match="OPENAB_AUTH_AUDIT"):
        open_service(config, str(tmp_path / "a"), settings, environ={"OPENAB_AUTH_AUDIT": "log"}, clock=lambda: 0.0)


@pytest.mark.parametrize("location", ["plain", "variable"])
async def test_the_audit_log_lies_beside_the_store_or_where_the_environment_says(
    config: Config, settings: DiscordSettings, tmp_path: Path, eve: Caller, location: str
) -> None:
    environ = {"OPENAB_AUTH_AUDIT": str(tmp_path / "log")} if location == "variable" else {}
    service = open_service(config, str(tmp_path / "a.json"), settings, environ=environ, clock=lambda: 0.0)
    with pytest.raises(AccessDeniedError):
        await service.status(eve)
    await service.aclose()
    assert [path.name for path in tmp_path.iterdir()] == ["log" if environ else "a.json.audit.jsonl"]  # noqa: ASYNC240


async def test_who_may_not_use_it_is_not_even_read_after_too_many_refusals(
    service: AuthService, ada: Caller, eve: Caller
) -> None:
    for _ in range(10):
        assert service.guard.hears(eve)
        with pytest.raises(AccessDeniedError):
            await service.complete(eve, "code=a&state=b")
    assert not service.guard.hears(eve)
    assert service.guard.hears(ada)
