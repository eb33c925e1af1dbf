"""Each request of a person passes the guard, whether it is a command, a button, a form or a message."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.access import Access, Caller
from openab_auth.cogs.auth.guard.audit import Audit, AuditLine
from openab_auth.cogs.auth.guard.errors import AccessDeniedError
from openab_auth.cogs.auth.guard.guard import Guard
from openab_auth.cogs.auth.guard.rate_limit import RateLimit, TooManyAttemptsError
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.replies import COG, ReplyContent
from openab_auth.cogs.auth.service.people import People
from openab_auth.cogs.auth.service.servers import Servers
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views import ALL_BUTTONS
from openab_auth.cogs.auth.views.ask_access import AskAccessButton
from openab_auth.cogs.auth.views.buttons import AuthButton, LoginButton
from openab_auth.cogs.auth.views.choices import NO_CHOICE
from openab_auth.cogs.auth.views.login.conflict import BesideButton, ReplaceButton
from openab_auth.cogs.auth.views.login.how import HowButton
from openab_auth.cogs.auth.views.login.paste_form import PasteButton, paste_modal
from openab_auth.cogs.auth.views.logout import LogoutButton
from openab_auth.cogs.auth.views.person import EndPersonButton, PersonChoiceButton
from openab_auth.cogs.auth.views.status import CancelButton
from openab_auth.cogs.auth.views.thread.accounts import AgreeButton, DropButton
from openab_auth.cogs.auth.views.thread.requests import RequestButton
from openab_auth.oauth.config.config import AuthSettings, Config
from openab_auth.storage import UserId

ADA, EVE = UserId(1), UserId(3)
ASKS_FOR_NOTHING = {HowButton, PasteButton, AskAccessButton}  # for everybody; a form passes the guard when submitted


@pytest.fixture
def config(config: Config) -> Config:
    return Config(auth=AuthSettings(vendors=config.auth.vendors, mcp_add=True), vendors=config.vendors)


@pytest.fixture
def passed(service: AuthService, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the requests that have passed the guard."""
    seen: list[str] = []
    request = service.guard.request

    @asynccontextmanager
    async def recorded(caller: Caller, name: Any, name_line: Any = None) -> AsyncIterator[AuditLine]:
        seen.append(name)
        async with request(caller, name, name_line) as line:
            yield line

    monkeypatch.setattr(service.guard, "request", recorded)
    return seen


@pytest.fixture
async def cog(service: AuthService) -> AsyncIterator[Auth]:
    bot = commands.Bot(commands.when_mentioned, intents=discord.Intents.none())
    cog = Auth(bot, service)
    yield cog
    await bot.close()


def interaction(cog: Auth, kind: discord.InteractionType, data: object = None) -> Any:
    """Return an interaction of Eve, who is not allowed."""
    response = AsyncMock()
    response.is_done = lambda: True
    return SimpleNamespace(
        id=discord.utils.time_snowflake(discord.utils.utcnow()),
        type=kind,
        data=data,
        user=SimpleNamespace(id=EVE, bot=False),
        guild_id=None,
        channel=None,
        channel_id=None,
        locale=discord.Locale.american_english,
        extras={},
        message=None,
        response=response,
        edit_original_response=AsyncMock(),
        client=SimpleNamespace(get_cog={COG: cog}.get),
    )


def all_commands(cog: Auth) -> list[app_commands.Command[Any, Any, Any]]:
    assert cog.app_command is not None
    assert isinstance(cog.app_command, app_commands.Group)
    return [command for command in cog.app_command.walk_commands() if isinstance(command, app_commands.Command)]


async def test_every_command_passes_the_guard(cog: Auth, passed: list[str]) -> None:
    walked = all_commands(cog)
    assert len(walked) >= 8
    for command in walked:
        passed.clear()
        press = interaction(cog, discord.InteractionType.application_command)
        values = dict.fromkeys((parameter.name for parameter in command.parameters), "lab")
        try:
            await cast("Any", command.callback)(cog, press, **values)
        except AccessDeniedError:
            pass  # discord.py hands it to `cog_app_command_error`
        else:
            assert command.name in {"help", "complete"}, "it answered a person who is not allowed"
        assert len(passed) == 1, command.qualified_name


async def test_every_autocompletion_passes_the_guard(cog: Auth, passed: list[str]) -> None:
    asked = 0
    for command in all_commands(cog):
        for name, parameter in command._params.items():
            if (suggest := parameter.autocomplete) is None:
                continue
            passed.clear()
            press = interaction(cog, discord.InteractionType.autocomplete)
            choices = await cast("Any", suggest)(cog, press, "")
            assert [choice.value for choice in choices] == [NO_CHOICE]
            assert passed == ["read"], f"{command.qualified_name} {name}"
            asked += 1
    assert asked >= 5


async def test_every_button_passes_the_guard(cog: Auth, passed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openab_auth.cogs.auth.front_desk.how_message", lambda *_: ReplyContent())  # it opens files
    language, generation = english(), "0" * 10
    made: list[AuthButton] = [
        LoginButton(language, "lab"),
        PasteButton(language, "lab", f"0-{generation}"),
        HowButton(language, "dead"),
        CancelButton(language, "lab", "Lab", generation),
        LogoutButton(language, "lab", "here", generation),
        ReplaceButton(language, "lab", "yes", generation),
        BesideButton(language, "lab", "yes", generation),
        AskAccessButton(language),
        DropButton(language, "lab"),
        AgreeButton(language, "all"),
        RequestButton(language, "0" * 12),
        EndPersonButton(language, ADA),
        PersonChoiceButton(language, ADA, "here", generation),
    ]
    assert {type(button) for button in made} == set(ALL_BUTTONS)
    for button in made:
        passed.clear()
        await button.callback(interaction(cog, discord.InteractionType.component))
        assert len(passed) == (type(button) not in ASKS_FOR_NOTHING), button.verb


async def test_a_form_and_a_direct_message_pass_the_guard(cog: Auth, passed: list[str]) -> None:
    form = paste_modal(english(), "lab", "0-0000000000").to_dict()
    await cog.on_interaction(interaction(cog, discord.InteractionType.modal_submit, form))
    assert passed == ["complete"]

    author = SimpleNamespace(id=EVE, bot=False)
    for number, content in enumerate(["http://localhost/?code=a&state=b", "hello"]):
        cog._bot.get_context = AsyncMock(return_value=SimpleNamespace(valid=False))  # type: ignore[method-assign]
        await cog.on_message(
            SimpleNamespace(  # type: ignore[arg-type]
                id=number,
                guild=None,
                author=author,
                webhook_id=None,
                content=content,
                channel=AsyncMock(),
                is_system=bool,
            )
        )
    assert passed == ["complete", "complete", "read"]


@pytest.mark.parametrize("owner", [AuthService, Servers, People])
async def test_no_method_of_the_service_forgets_the_guard(
    service: AuthService, passed: list[str], eve: Caller, owner: type
) -> None:
    target = {AuthService: service, Servers: service.servers, People: service.people}[owner]
    asked = 0
    for name, method in inspect.getmembers(owner, inspect.iscoroutinefunction):
        wanted = inspect.signature(method).parameters
        if name.startswith("_") or "caller" not in wanted:
            continue
        passed.clear()
        values = {
            key: True if key == "revoke" else "lab"
            for key, parameter in wanted.items()
            if key not in {"self", "caller"} and parameter.default is inspect.Parameter.empty
        }
        with pytest.raises(AccessDeniedError):
            await getattr(target, name)(eve, **values)
        assert len(passed) == 1, name
        asked += 1
    assert asked >= 2


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Guard, list[str]]:
    """Return a guard that lists its steps."""
    happened: list[str] = []

    class Listed(Access):
        def check(self, caller: Caller, *, in_any_channel: bool = False) -> None:
            happened.append("access")
            super().check(caller, in_any_channel=in_any_channel)

    guard = Guard(
        Listed(DiscordSettings(allowed_users=frozenset({ADA}))),
        Audit(tmp_path / "audit.jsonl", lambda: 0.0),
        RateLimit(lambda: 0.0, limit=2),
        lambda: 0.0,
    )
    count, step = guard._attempts.count, guard.audit.step

    def counted(user: UserId) -> None:
        happened.append("attempt")
        count(user)

    @asynccontextmanager
    async def opened(*args: Any, **keys: Any) -> AsyncIterator[AuditLine]:
        happened.append("line")
        async with step(*args, **keys) as line:
            yield line

    monkeypatch.setattr(guard._attempts, "count", counted)
    monkeypatch.setattr(guard.audit, "step", opened)
    return guard, happened


async def test_an_attempt_is_counted_then_written_down_then_access_is_checked(
    order: tuple[Guard, list[str]], tmp_path: Path
) -> None:
    guard, happened = order
    async with guard.request(Caller(ADA), "login"):
        happened.append("work")
    assert happened == ["attempt", "line", "access", "work"]

    async with guard.request(Caller(ADA), "login"):
        pass
    happened.clear()
    with pytest.raises(TooManyAttemptsError):
        async with guard.request(Caller(ADA), "login"):
            pytest.fail("one attempt too many")
    assert happened == ["attempt"]
    assert len((tmp_path / "audit.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(("request_", "lines"), [("logout", 1), ("ask_logout", 0), ("status", 0), ("read", 0)])
async def test_what_only_reads_is_written_down_when_it_is_refused(
    order: tuple[Guard, list[str]], tmp_path: Path, request_: Any, lines: int
) -> None:
    guard, _ = order
    log = tmp_path / "audit.jsonl"

    def written() -> int:
        return len(log.read_text().splitlines()) if log.exists() else 0

    async with guard.request(Caller(ADA), request_):
        pass
    assert written() == lines
    with pytest.raises(AccessDeniedError):
        async with guard.request(Caller(EVE), request_):
            pytest.fail("a stranger was let in")
    assert written() == lines + (request_ != "read")
