"""The audit log and the limits on attempts: refusals are recorded, but cannot fill the log."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn
from urllib.parse import parse_qs, urlsplit

import pytest

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.rate_limit import TooManyAttemptsError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import (
    NoPendingLoginError,
    NotLoggedInError,
    PasteRefusedError,
    RelativePathError,
    UnknownVendorError,
)
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import DeadToken, Draft, FileStore, Note, Secret, TokenEntry, UserId
from tests.cogs.auth.service.service_logins import Log, Stored, outcomes


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
    """Ten refusals within a minute get a line each; further requests are refused without a line."""
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


def test_an_audit_log_at_a_relative_path_is_refused(config: Config, settings: DiscordSettings, tmp_path: Path) -> None:
    """A relative path would mean another file in each working directory."""
    with pytest.raises(RelativePathError, match="OPENAB_AUTH_AUDIT"):
        open_service(
            Runtime.open(config, str(tmp_path / "a"), {"OPENAB_AUTH_AUDIT": "log"}, lambda: 0.0),
            settings,
            closes_runtime=True,
        )


@pytest.mark.parametrize("location", ["plain", "variable"])
async def test_the_audit_log_lies_beside_the_store_or_where_the_environment_says(
    config: Config, settings: DiscordSettings, tmp_path: Path, eve: Caller, location: str
) -> None:
    environ = {"OPENAB_AUTH_AUDIT": str(tmp_path / "log")} if location == "variable" else {}
    service = open_service(
        Runtime.open(config, str(tmp_path / "a.json"), environ, lambda: 0.0), settings, closes_runtime=True
    )
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


async def test_every_death_is_told_although_no_thread_can_write_a_line(
    service: AuthService, store_path: Path, audited: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = DeadToken(Secret("canary-rt").fingerprint(), "invalid_grant", 1)

    def die(draft: Draft) -> None:
        for tenant in ("lab", "second-oauth"):
            draft[tenant] = TokenEntry(Secret("canary-at"), Secret("canary-rt"), 0, "https://lab.example/token", tenant)
            draft.notes[tenant] = Note(logged_in_by=UserId(1), dead=dead)

    FileStore(store_path).update(die)

    def fail(_thread: threading.Thread) -> NoReturn:
        raise RuntimeError  # as Python does at the limit of threads

    with monkeypatch.context() as starved:
        starved.setattr(threading.Thread, "start", fail)
        died = [await service.notices.claim(due) for due in await service.notices.due()]

    assert sorted(notice.login for notice in died if notice) == ["lab", "second-oauth"]
    assert outcomes(audited) == [("died", "1", "login_dead")] * 2
