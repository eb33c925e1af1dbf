"""An observer of the cog is told how each step of a login ended, and how long Discord took for an acknowledgement."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import aiohttp
import discord
import pytest
from discord.ext import commands

from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.observer import Acknowledgement, CogObserver, LoginStep, NoObserver
from openab_auth.cogs.auth.replies import ReplyContent, acknowledge, answer, show_modal
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.storage import UserId
from openab_auth.storage.errors import OpenabAuthError

ADA, EVE = Caller(UserId(1)), Caller(UserId(3))


class Recorder(CogObserver):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[LoginStep, str | None, str]] = []
        self.acknowledgements: list[Acknowledgement] = []

    def login_step(self, step: LoginStep, vendor: str | None, error: BaseException | None) -> None:
        self.steps.append((step, vendor, error.code if isinstance(error, OpenabAuthError) else repr(error)))

    def acknowledged(self, outcome: Acknowledgement, seconds: float) -> None:
        assert seconds >= 0
        self.acknowledgements.append(outcome)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def test_each_step_of_a_login_is_told_with_its_vendor_and_its_end(
    service: AuthService, issuer: Issuer, recorder: Recorder
) -> None:
    service.guard.observer = recorder
    offer = await service.login(ADA, "lab")
    for paste in ("nonsense", await issuer.approve(offer.url)):
        try:
            await service.complete(ADA, paste)
        except OpenabAuthError:
            continue
    with pytest.raises(OpenabAuthError):
        await service.login(EVE, "lab")
    await service.status(ADA)

    assert recorder.steps == [
        ("begin", "lab", "None"),
        ("finish", None, "paste_refused"),
        ("finish", "lab", "None"),
        ("begin", "lab", "not_allowed"),
    ]


async def test_an_attempt_too_many_is_told_although_it_has_no_audit_line(
    service: AuthService, recorder: Recorder
) -> None:
    service.guard.observer = recorder
    for _ in range(11):
        with pytest.raises(OpenabAuthError):
            await service.complete(ADA, "nonsense")

    assert recorder.steps[-1] == ("finish", None, "too_many_attempts")
    assert len(recorder.steps) == 11


async def test_the_end_of_a_login_without_a_paste_is_told_once(service: AuthService, recorder: Recorder) -> None:
    service.guard.observer = recorder
    row = (await service.catalogue()).get("lab")

    await service.guard.record_end(row, ADA.user, None)

    assert recorder.steps == [("finish", "lab", "None")]


def http_error(code: int) -> discord.HTTPException:
    reply = cast("aiohttp.ClientResponse", SimpleNamespace(status=404, reason="x"))
    return discord.HTTPException(reply, {"code": code, "message": "x"})


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "taken"),
        (TypeError(), "taken"),  # discord.py 2.7 cannot read a bare 204
        (http_error(40060), "taken"),
        (http_error(10062), "late"),
        (http_error(50013), "refused"),
        (aiohttp.ServerDisconnectedError(), "no_answer"),
        (ConnectionResetError(), "no_answer"),
    ],
)
async def test_every_way_to_acknowledge_is_told_with_what_discord_said(
    error: Exception | None, outcome: Acknowledgement, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = commands.Bot("!", intents=discord.Intents.none())
    monkeypatch.setattr(client, "get_cog", lambda _name: SimpleNamespace(observer=recorder, mentions=None))
    for work in (acknowledge, lambda one: answer(one, ReplyContent()), lambda one: show_modal(one, cast("Any", None))):
        call = AsyncMock(side_effect=error)
        response = SimpleNamespace(defer=call, send_message=call, send_modal=call, is_done=lambda: False)
        interaction = SimpleNamespace(
            client=client, response=response, extras={}, guild_id=None, user=SimpleNamespace(id=1),
            edit_original_response=AsyncMock(),
        )  # fmt: skip
        try:
            await cast("Any", work)(interaction)
        except TypeError:
            continue

    assert recorder.acknowledgements == [outcome] * 3


def test_without_an_observer_nothing_is_kept() -> None:
    nobody = NoObserver()

    nobody.login_step("begin", "lab", None)
    nobody.acknowledged("taken", 0.1)

    assert vars(nobody) == {}
