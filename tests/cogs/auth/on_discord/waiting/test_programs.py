"""A vendor's own program, controlled from its login message."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import Modal, Person
from openab_auth.cogs.auth.text.language import english
from tests.cogs.auth.on_discord.discord_bot import begin
from tests.cogs.auth.service.service_logins import Log, Stored
from tests.support.patience import until


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


@pytest.mark.parametrize(("account", "choices"), [("me", ["shared"]), ("work", ["shared"])])
async def test_a_login_of_a_vendors_own_program_is_nobodys_alone(
    bot: commands.Bot, ada: Person, tmp_path: Path, account: str, choices: list[str]
) -> None:
    offered = await ada.complete_option("auth login", "account", "", vendor="shell")
    typed = await ada.complete_option("auth login", "account", "new-one", vendor="shell")
    refused = await (await ada.slash("auth login", vendor="shell", account=account)).settled()
    unused = await (await ada.slash("auth use", vendor="shell", account=account, where="thread")).settled()

    assert [choice.value for choice in offered] == choices
    assert not typed
    for told in (refused, unused):
        assert "There can be no other account." in told.content
    assert not (tmp_path / "pid").exists()  # it was not started


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
