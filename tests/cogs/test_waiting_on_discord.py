"""Logins that need no paste, in a real discord.py client: the code, the edits of the message, a restart, each flow."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import CLIENT_ID, Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.cogs.auth.text.language import english, languages
from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.flows.device import code as codes
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import FileStore
from tests.cogs.test_on_discord import ada, begin, bob, bot, mei, running, settings, world

__all__ = ["ada", "bob", "bot", "mei", "settings", "world"]  # fixtures
Start = Callable[[DiscordSettings], AuthService]
Stored = Callable[[], dict[str, dict[str, str]]]
Log = Callable[[], list[dict[str, str]]]
PROGRAM = Path(__file__).parents[1] / "support/vendor_cli.py"
FLOWS = ("grok", "codex-device", "kiro", "copilot")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    """Nobody waits for a whole second in here."""
    monkeypatch.setattr(codes, "SHORTEST", 0.01)
    monkeypatch.setattr("openab_auth.oauth.flows.device.poll._SLOWER", 0.05)
    monkeypatch.setattr(
        "openab_auth.bot.playground.issuer.devices._SLOWER", 0
    )  # or two that poll never leave it in peace
    issuer.devices.interval = 0.05


@pytest.fixture
def config(issuer: Issuer, tmp_path: Path) -> Config:
    """Shipped vendors of which only the addresses and the client are changed, and one of the operator's own."""
    standard = {"device_url": issuer.device_url, "token_url": issuer.token_url, "client_id": CLIENT_ID}
    return Config(
        auth=AuthSettings(vendors=("lab", *FLOWS, "cursor", "shell", "late"), accept_risk=("kiro",)),
        vendors={
            "lab": {**standard, "flow": "device", "title": "The Lab"},
            "shell": {"flow": "command", "command": [sys.executable, str(PROGRAM), "again", str(tmp_path)]},
            "late": {"flow": "command", "command": [sys.executable, str(PROGRAM), "device", str(tmp_path)]},
            "grok": standard,
            "copilot": {**standard, "userinfo_url": issuer.userinfo_url, "account_from": "email"},
            "codex-device": {
                "device_url": f"{issuer.url}/codex/usercode",
                "authorize_url": issuer.devices.page,
                "token_url": issuer.token_url,
                "redirect_uri": "http://localhost:1455/auth/callback",
                "client_id": CLIENT_ID,
            },
            "kiro": {
                "device_url": f"{issuer.url}/aws/device_authorization",
                "token_url": f"{issuer.url}/aws/token",
            },
        },
    )


def code_in(issuer: Issuer, shown: ShownResponse) -> str:
    """The newest code, which the message must show large."""
    code = list(issuer.devices.begun.values())[-1].user_code
    assert f"# `{code}`" in shown.content
    return code


@pytest.mark.parametrize("vendor", FLOWS)
async def test_from_the_command_over_the_approval_to_an_agents_token(
    bot: commands.Bot, ada: Person, issuer: Issuer, store_path: Path, config: Config, audited: Log, vendor: str
) -> None:
    login = await begin(ada, vendor)
    assert login.ephemeral
    assert "<t:" in login.content
    (link,) = login.link_buttons
    assert link.startswith(issuer.devices.page)
    assert english().say("button-paste") not in {part.get("label") for part in login.components}

    await issuer.approve_device(code_in(issuer, login))

    await login.wait_for(lambda shown: "Logged in to" in shown.content and not shown.components)
    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]
    source = TokenSource(FileStore(store_path), catalogue=None, driver=Driver())
    tenant = {"grok": "xai-oauth", "codex-device": "codex"}.get(vendor, vendor)
    token = await source.get_valid(tenant)
    await source.aclose()
    assert token.value.reveal() not in login.content


async def test_the_message_says_whose_login_it_is(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada, "grok")
    await issuer.approve_device(code_in(issuer, login), "grace@example.com")
    await login.wait_for(lambda shown: "as grace@example.com" in shown.content)


async def test_a_risk_is_told_before_the_link(bot: commands.Bot, ada: Person) -> None:
    login = await begin(ada, "kiro")
    assert login.content.index("experimental") < login.content.index("1. ")


async def test_a_denied_login_is_told_in_its_message(
    bot: commands.Bot, ada: Person, issuer: Issuer, audited: Log
) -> None:
    login = await begin(ada)
    await issuer.deny_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "was declined" in shown.content and not shown.link_buttons)
    assert audited()[-1]["outcome"] == "login_denied"


async def test_a_code_that_nobody_approved_is_told_in_its_message(
    bot: commands.Bot, ada: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    login = await begin(ada)
    clock.ahead = 601.0
    await login.wait_for(lambda shown: "expired" in shown.content and not shown.link_buttons)


async def test_a_message_that_can_soon_be_edited_no_more_says_so_in_time(bot: commands.Bot, ada: Person) -> None:
    cog = bot.get_cog("openab-auth")
    cog.desk._messages._editable = 0.05  # type: ignore[union-attr]  # the cog that was added
    login = await begin(ada)
    await login.wait_for(lambda shown: "has expired" in shown.content and not shown.link_buttons)


async def test_a_cancelled_login_is_told_and_polled_no_longer(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    assert "cancelled" in (await (await ada.slash("auth cancel")).settled()).content
    await login.wait_for(lambda shown: "is cancelled" in shown.content and not shown.components)
    polled = len(issuer.requests("/token"))
    await asyncio.sleep(0.2)
    assert len(issuer.requests("/token")) <= polled + 1


async def test_a_newer_code_takes_the_older_message_back(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    older = await begin(ada)
    newer = await begin(ada)
    await older.wait_for(lambda shown: "There is a newer link" in shown.content)
    await issuer.approve_device(code_in(issuer, newer))
    await newer.wait_for(lambda shown: "Logged in to" in shown.content)
    assert "There is a newer link" in older.content


async def test_a_restart_in_between_goes_on_waiting_and_writes_it_down(
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
    assert code_in(issuer, login)
    await issuer.approve_device(code_in(issuer, login))
    async with running(world, start(settings)):
        await until(lambda: "lab" in stored() and audited()[-1]["event"] == "complete")
    assert audited()[-1]["user"] == str(ada.id)


async def test_while_two_bots_wait_for_one_login_the_person_is_told_once_and_of_nothing_but_the_login(
    bot: commands.Bot,
    ada: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
) -> None:
    login = await begin(ada)
    await start(settings).resume()
    assert issuer.devices.decide(code_in(issuer, login), "allow")
    issuer.faults.next("/token", delay=0.5)  # the other one asks meanwhile, and is told that the code is not known

    await login.wait_for(lambda shown: "Logged in to" in shown.content and not shown.components)

    await until(lambda: list(stored()) == ["lab"] and audited()[-1]["event"] == "complete")
    await asyncio.sleep(0.3)
    assert [(line["event"], line["outcome"]) for line in audited()] == [("login", "ok"), ("complete", "ok")]


async def test_after_a_restart_nobody_is_logged_in_who_was_taken_off_the_list(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
    await issuer.approve_device(code_in(issuer, login))
    polled = len(issuer.requests("/token"))
    async with running(world, start(DiscordSettings(allowed_users=frozenset()))):
        await asyncio.sleep(0.2)
    assert len(issuer.requests("/token")) == polled
    assert "lab" not in stored()


async def test_who_was_taken_off_the_list_while_the_bot_was_stopped_is_told_of_in_the_audit_log(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, stored: Stored, audited: Log
) -> None:
    async with running(world, start(settings)):
        await begin(ada)
    async with running(world, start(DiscordSettings(allowed_users=frozenset()))):
        await until(lambda: not stored())
    assert [(line["event"], line["user"], line["outcome"]) for line in audited()][1:] == [
        ("complete", str(ada.id), "not_allowed")
    ]


async def _keeps_the_role(bob: Person) -> None:
    pass


async def _loses_the_role(bob: Person) -> None:
    bob.roles = ()


async def _leaves(bob: Person) -> None:
    bob.leave()


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("change", "ends_well"), [(_keeps_the_role, True), (_loses_the_role, False), (_leaves, False)])
async def test_a_code_that_is_approved_later_logs_in_who_has_an_allowed_role_by_then(
    world: EmbeddedDiscord,
    bob: Person,
    issuer: Issuer,
    config: Config,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    audited: Log,
    change: Callable[[Person], Awaitable[None]],
    ends_well: bool,
    restarted: bool,
) -> None:
    """Cases 38: the owner check is done again at the end, with what Discord says then."""
    config.vendors["lab"]["revoke_url"] = issuer.revoke_url  # type: ignore[index]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(world, start(settings)))
        login = await begin(bob)
        await change(bob)
        if restarted:
            await stack.aclose()
            await stack.enter_async_context(running(world, start(settings)))
        await issuer.approve_device(code_in(issuer, login), "bob@example.com")
        await until(lambda: len(audited()) == 2)

    assert ("lab" in stored()) is ends_well
    assert audited()[-1]["outcome"] == ("ok" if ends_well else "not_allowed")
    assert len(issuer.requests("/revoke")) == (0 if ends_well else 1)
    assert not [key for key in stored() if key.startswith("pending:")]
    if not ends_well and not restarted:
        await login.wait_for(lambda shown: "none of your roles is" in shown.content and not shown.link_buttons)


async def test_a_login_is_refused_and_revoked_where_discord_does_not_say_who_somebody_is(
    bot: commands.Bot,
    world: EmbeddedDiscord,
    bob: Person,
    issuer: Issuer,
    stored: Stored,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("openab_auth.cogs.auth.guard.members._DEADLINE", 0.5)
    login = await begin(bob)
    world.faults.next("member", times=9, status=503)
    await issuer.approve_device(code_in(issuer, login), "bob@example.com")

    await login.wait_for(lambda shown: "Discord did not tell me" in shown.content and not shown.link_buttons)

    assert not stored()
    assert "could not be revoked: the vendor offers no revocation" in caplog.text


async def test_who_is_listed_by_id_logs_in_while_discord_says_nothing(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    world.faults.next("member", times=9, status=503)
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Logged in to" in shown.content)


async def test_a_bot_that_left_the_server_knows_nobodys_roles_there(
    world: EmbeddedDiscord, bob: Person, issuer: Issuer, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)) as bot:
        login = await begin(bob)
        world.faults.next("member", status=403, code=50001)
        await issuer.approve_device(code_in(issuer, login), "bob@example.com")
        await login.wait_for(lambda shown: "none of your roles is" in shown.content)
        assert bot.is_ready()
    assert not stored()


async def test_a_bot_that_stops_leaves_the_message_and_the_login_as_they_are(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, stored: Stored
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        before = login.content
    assert login.content == before
    assert any(key.startswith("pending:lab") for key in stored())


async def test_two_people_wait_for_their_own_approvals(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    first, second = await begin(ada, "lab"), await begin(bob, "grok")
    codes_by_client = [device.user_code for device in issuer.devices.begun.values()]
    await issuer.approve_device(codes_by_client[1], "bob@example.com")
    await second.wait_for(lambda shown: "bob@example.com" in shown.content)
    assert codes_by_client[0] in first.content
    assert "lab" not in stored()


async def test_an_account_without_a_seat_is_told_there_and_then(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    issuer.copilot.has_seat = False
    login = await begin(ada, "copilot")
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Copilot is not enabled for this account" in shown.content)
    assert "copilot" not in stored()


async def test_a_vendors_own_program_is_driven_by_its_link_and_pastes(
    bot: commands.Bot, ada: Person, stored: Stored, audited: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._ANSWER", 0.5)
    login = await begin(ada, "shell")
    assert "own program waits" in login.content
    (link,) = login.link_buttons
    assert link == "https://login.example.com/oauth/authorize?client_id=cli&state=abc"
    assert (await ada.complete_option("auth cancel", "vendor", ""))[0].value == "shell"

    opened = await ada.press(login, english().say("button-paste"))
    assert isinstance(opened, Modal)
    refused = await (await opened.submit("nonsense")).settled()
    assert "try again" in refused.content
    opened = await ada.press(refused, english().say("button-paste"))
    assert isinstance(opened, Modal)
    done = await (await opened.submit("http://localhost:1/callback?code=good")).settled()

    assert "keeps this login itself" in done.content
    await login.wait_for(lambda shown: not shown.components)
    assert not stored()
    await until(lambda: len(audited()) == 3)
    outcomes = [(line["event"], line["outcome"]) for line in audited()]
    assert outcomes == [("login", "ok"), ("complete", "program_waits"), ("complete", "ok")]


async def test_a_code_that_a_program_shows_late_comes_into_the_message(
    bot: commands.Bot, ada: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._QUIET", 0.05)
    login = await begin(ada, "late")
    await login.wait_for(lambda shown: "# `WXYZ-1234`" in shown.content)
    assert login.link_buttons
    (tmp_path / "approved").touch()
    await login.wait_for(lambda shown: "keeps this login itself" in shown.content)


async def test_a_program_is_ended_when_its_person_cancels(bot: commands.Bot, ada: Person, tmp_path: Path) -> None:
    login = await begin(ada, "shell")
    await (await ada.slash("auth cancel", vendor="shell")).settled()
    await login.wait_for(lambda shown: "is cancelled" in shown.content)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_vendor_without_a_login_says_what_to_do(bot: commands.Bot, ada: Person) -> None:
    answer = await begin(ada, "cursor")
    assert "make an API key" in answer.content
    assert "CURSOR\\_API\\_KEY" in answer.content


async def test_it_is_said_in_the_persons_own_language(bot: commands.Bot, mei: Person, issuer: Issuer) -> None:
    login = await begin(mei)
    chinese = languages()["zh-TW"]
    assert chinese.say("login-code-type") in login.content
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "已登入" in shown.content)


async def test_no_message_or_log_line_holds_a_device_code_or_a_token(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log, caplog: pytest.LogCaptureFixture
) -> None:
    login = await begin(ada, "grok")
    begun = login.content + json.dumps(login.components)
    await issuer.approve_device(code_in(issuer, login))
    await login.wait_for(lambda shown: "Logged in to" in shown.content)
    entry = stored()["xai-oauth"]
    shown = begun + login.content + json.dumps(audited()) + caplog.text
    for secret in (*issuer.devices.begun, entry["access_token"], entry["refresh_token"]):
        assert secret not in shown


async def test_an_answer_that_nobody_got_is_written_down_when_it_is_approved(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    world.faults.next("callback", status=404, code=10062)
    await ada.slash("auth login", vendor="lab")
    await until(lambda: bool(issuer.devices.begun))
    (device,) = issuer.devices.begun.values()
    await issuer.approve_device(device.user_code)
    await until(lambda: "lab" in stored() and audited()[-1]["event"] == "complete")


async def test_a_lost_edit_loses_no_login(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada)
    world.faults.next("edit", status=404, code=10015)
    await issuer.approve_device(code_in(issuer, login))
    await until(lambda: "lab" in stored())


async def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
