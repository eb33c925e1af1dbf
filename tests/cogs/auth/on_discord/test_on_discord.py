"""The cog in a real discord.py client, on the embedded Discord, with a real authorization server."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.commands import Auth
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.cogs.auth.text.language import english, languages
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.storage import Draft, FileStore, Note, Secret, TokenEntry, UserId
from tests.support.discord_bot import PASTE, Log, Start, Stored, begin, form, running


@pytest.mark.parametrize("where", ["guild", "dm"])
async def test_from_the_command_over_the_modal_to_the_store(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, where: str
) -> None:
    login = await begin(ada, where=where)
    assert login.ephemeral
    assert login.ack_type == 5
    (link,) = login.link_buttons
    done = await (await (await form(ada, login)).submit(await issuer.approve(link))).settled()
    assert done.ephemeral
    assert "Logged in to The Lab as ada@example.com." in done.content
    assert stored()["lab"]["access_token"]
    await login.wait_for(lambda shown: "Done: logged in" in shown.content)
    assert not login.components


async def test_a_person_is_answered_in_their_own_language_from_the_link_to_the_end(
    bot: commands.Bot, mei: Person, issuer: Issuer
) -> None:
    login = await begin(mei)
    assert "登入 The Lab" in login.content
    opened = await mei.press(login, "在這裡貼上")
    assert isinstance(opened, Modal)
    assert opened.title == "完成登入"
    refused = await (await opened.submit(login.link_buttons[0])).settled()
    assert "這是您一開始打開的連結" in refused.content
    again = await mei.press(refused, "在這裡貼上")
    assert isinstance(again, Modal)
    done = await (await again.submit(await issuer.approve(login.link_buttons[0]))).settled()
    assert "已用 ada@example.com 登入 The Lab" in done.content
    await login.wait_for(lambda shown: "已登入 **The Lab**" in shown.content)
    choices = await mei.complete_option("auth login", "vendor", "lab")
    assert choices[0].name == "The Lab · 已登入"


async def test_a_direct_message_is_answered_in_the_language_last_seen(bot: commands.Bot, mei: Person) -> None:
    """Discord tells a person's language with interactions only."""
    (first,) = await mei.send_dm("code=abc&state=def")
    assert "You are not on the list" in first.body["content"]
    await (await mei.slash("auth help")).settled()
    (second,) = await mei.send_dm("code=abc&state=def")
    assert "您不在可以讓代理程式登入的名單上" in second.body["content"]


async def test_complete_takes_the_paste_without_a_modal_and_without_a_vendor(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    done = await (await ada.slash("auth complete", redirect=redirect)).settled()
    assert "Logged in" in done.content
    assert done.ephemeral


async def test_a_paste_sent_as_a_direct_message_is_taken_and_should_be_deleted(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada, where="dm")
    (reply,) = await ada.send_dm(f"here you are: {await issuer.approve(login.link_buttons[0])}")
    assert "Logged in" in reply.body["content"]
    assert "delete your message" in reply.body["content"]
    assert "lab" in stored()


async def test_chat_in_a_direct_message_is_answered_once(
    bot: commands.Bot, ada: Person, world: EmbeddedDiscord
) -> None:
    assert len(await ada.send_dm("hello")) == 1
    assert await ada.send_dm("hello?", patience=0.2) == []
    replies = await ada.send_dm("code=abc&state=def")
    assert "No login is waiting" in replies[-1].body["content"]
    shown = [each["content"] for each in ada.view("dm")]
    assert sum("I only log agents in" in text for text in shown) == 1


async def test_a_button_from_before_a_restart_still_opens_its_form(
    world: EmbeddedDiscord, ada: Person, issuer: Issuer, settings: DiscordSettings, start: Start
) -> None:
    async with running(world, start(settings)):
        login = await begin(ada)
        redirect = await issuer.approve(login.link_buttons[0])
        opened = await form(ada, login)
    async with running(world, start(settings)):
        refused = await (await opened.submit("nonsense")).settled()
        assert "There is no login address and no code" in refused.content
        again = await form(ada, login)
        assert "Logged in" in (await (await again.submit(redirect)).settled()).content
        late = await (await (await form(ada, login)).submit(redirect)).settled()
    assert "No login" in late.content


async def test_a_bad_paste_is_explained_and_may_be_mended_with_the_button_beside_it(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    refused = await (await (await form(ada, login)).submit(login.link_buttons[0])).settled()
    assert "the link that you opened, not the address of the last page" in refused.content
    assert "Logged in" in (await (await (await form(ada, refused)).submit(redirect)).settled()).content


async def test_two_people_with_open_forms_finish_their_own_logins(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    """discord.py keeps modals by id alone: with one id for both, the second person's paste would be dropped."""
    logins = [await begin(ada, "lab"), await begin(bob, "second")]
    forms = [await form(ada, logins[0]), await form(bob, logins[1])]
    accounts = ("ada@example.com", "bob@example.com")
    pastes = [
        await issuer.approve(login.link_buttons[0], account) for login, account in zip(logins, accounts, strict=True)
    ]
    answers = [await opened.submit(paste) for opened, paste in zip(forms, pastes, strict=True)]
    for answer, account in zip(answers, accounts, strict=True):
        assert account in (await answer.settled()).content
    assert {"lab", "second-oauth"} <= stored().keys()


async def test_a_double_click_and_a_double_paste_exchange_once(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    forms = [await form(ada, login), await form(ada, login)]
    answers = await asyncio.gather(*(opened.submit(redirect) for opened in forms))
    texts = [(await answer.settled()).content for answer in answers]
    assert sum("Logged in" in text for text in texts) == 1
    assert sum("used already" in text for text in texts) == 1
    assert len(issuer.requests("/token")) == 1


async def test_autocomplete_shows_title_and_state_and_nothing_to_strangers(
    bot: commands.Bot, ada: Person, eve: Person
) -> None:
    choices = await ada.complete_option("auth login", "vendor", "LA")
    assert [(choice.name, choice.value) for choice in choices] == [
        ("The Lab · not logged in", "lab"),
        ("The Lab · not logged in", "second"),
    ]
    assert await eve.complete_option("auth login", "vendor", "") == ()
    await begin(ada)
    assert [choice.value for choice in await ada.complete_option("auth cancel", "vendor", "")] == ["lab"]


async def test_strangers_are_refused_told_what_to_do_and_written_down(
    bot: commands.Bot, eve: Person, stored: Stored, audited: Log
) -> None:
    asked: dict[str, dict[str, Any]] = {"login": {"vendor": "lab"}, "complete": {"redirect": "x"}, "status": {}}
    for command, options in asked.items():
        answer = await (await eve.slash(f"auth {command}", **options)).settled()
        assert answer.ephemeral
        assert f"add your id {eve.id}" in answer.content
    assert [line["outcome"] for line in audited()] == ["not_allowed"] * 3
    assert not stored()
    assert "You can't use this yet" in (await (await eve.slash("auth help")).settled()).content


async def test_replacing_another_persons_login_asks_and_says_whose_it_is(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    assert f"<@{ada.id}>" in asked.content
    assert not asked.link_buttons
    await bob.press(asked, english().say("button-replace"))
    await asked.wait_for(lambda shown: shown.link_buttons)
    redirect = await issuer.approve(asked.link_buttons[0], "bob@example.com")
    done = await (await bob.slash("auth complete", redirect=redirect)).settled()
    assert "bob@example.com" in done.content


async def test_a_yes_is_for_the_login_that_was_asked_about_and_for_no_later_one(
    bot: commands.Bot, ada: Person, bob: Person, mei: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    """The question's buttons outlive the login that it names."""
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    assert f"<@{ada.id}>" in asked.content
    clock.ahead = 5.0
    hers = await begin(mei)
    await mei.press(hers, languages()["zh-TW"].say("button-replace"))
    link = (await hers.wait_for(lambda shown: shown.link_buttons)).link_buttons[0]
    await (await mei.slash("auth complete", redirect=await issuer.approve(link))).settled()

    await bob.press(asked, english().say("button-replace"))
    await asked.wait_for(lambda shown: f"<@{mei.id}>" in shown.content)
    assert not asked.link_buttons
    await bob.press(asked, english().say("button-replace"))
    assert await asked.wait_for(lambda shown: shown.link_buttons)


async def test_keeping_another_persons_login_changes_nothing(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await begin(bob)
    await bob.press(asked, "Keep it")
    await asked.wait_for(lambda shown: shown.content == "Nothing was changed." and not shown.components)


@pytest.mark.parametrize(("button", "revoked"), [("Remove it here", 0), ("Also revoke it at the vendor", 1)])
async def test_logout_asks_what_shall_end_and_does_just_that(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, button: str, revoked: int
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await (await ada.slash("auth logout", vendor="lab")).settled()
    assert "lab" in stored()
    await ada.press(asked, button)
    await asked.wait_for(lambda shown: "removed here" in shown.content)
    assert "lab" not in stored()
    assert len(issuer.requests("/revoke")) == revoked


@pytest.mark.parametrize("button", ["Remove it here", "Also revoke it at the vendor"])
@pytest.mark.parametrize("notes", ["kept", "lost"])
async def test_an_old_question_ends_no_login_that_came_after_it(
    world: EmbeddedDiscord,
    ada: Person,
    bob: Person,
    issuer: Issuer,
    settings: DiscordSettings,
    start: Start,
    stored: Stored,
    store_path: Path,
    button: str,
    notes: str,
) -> None:
    """Ada was asked about her own login; bob has replaced it since, in the same second, and the bot was restarted."""
    async with running(world, start(settings)):
        login = await begin(ada)
        await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
        question = await (await ada.slash("auth logout", vendor="lab")).settled()
        asked = await begin(bob)
        await bob.press(asked, "Replace that login")
        link = (await asked.wait_for(lambda shown: shown.link_buttons)).link_buttons[0]
        await (await bob.slash("auth complete", redirect=await issuer.approve(link, "bob@example.com"))).settled()
    if notes == "lost":
        store_path.with_name("auth.json.notes").unlink()
    stands = stored()["lab"]

    async with running(world, start(settings)):
        await ada.press(question, button)
        await question.wait_for(lambda shown: "has changed since I asked you" in shown.content and not shown.components)

    assert stored()["lab"] == stands
    assert not issuer.requests("/revoke")


async def test_an_old_cancel_button_and_an_old_form_leave_the_login_that_was_begun_after_them(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    older = await begin(ada)
    status = await (await ada.slash("auth status")).settled()
    opened = await form(ada, older)
    newer = await begin(ada)
    redirect = await issuer.approve(newer.link_buttons[0])

    pressed = await ada.press(status, "Cancel The Lab")
    assert isinstance(pressed, ShownResponse)
    await status.wait_for(lambda shown: "No login is waiting for this" in shown.content)
    assert "No login is waiting for this" in (await (await opened.submit(redirect)).settled()).content
    assert "Logged in" in (await (await (await form(ada, newer)).submit(redirect)).settled()).content


@pytest.mark.parametrize(
    ("another", "says"),
    [(True, "A newer login to The Lab was made in the meantime"), (False, "There was no login to The Lab")],
)
async def test_a_logout_that_removes_nothing_says_what_is_there_and_what_was_revoked(
    bot: commands.Bot, ada: Person, issuer: Issuer, store_path: Path, another: bool, says: str
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    asked = await (await ada.slash("auth logout", vendor="lab")).settled()
    issuer.faults.next("/revoke", delay=0.5)
    pressing = asyncio.create_task(ada.press(asked, "Also revoke it at the vendor"))
    async with asyncio.timeout(5):
        while not issuer.requests("/revoke"):
            await asyncio.sleep(0.01)

    def meanwhile(draft: Draft) -> None:
        draft["lab"] = TokenEntry(Secret("at"), Secret("rt"), 4_000_000_000, issuer.token_url, "lab")
        draft.notes["lab"] = Note(logged_in_by=UserId(5), logged_in_at=1)
        if not another:
            del draft["lab"]

    await asyncio.to_thread(FileStore(store_path).update, meanwhile)
    await pressing

    await asked.wait_for(lambda shown: says in shown.content)
    assert "revoked at the vendor" in asked.content
    assert "was not told" not in asked.content


async def test_cancel_edits_the_login_message_and_the_old_button_is_answered(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    opened = await form(ada, login)
    assert "is cancelled" in (await (await ada.slash("auth cancel")).settled()).content
    await login.wait_for(lambda shown: "is cancelled" in shown.content and not shown.components)
    assert "No login" in (await (await opened.submit(redirect)).settled()).content


async def test_a_newer_link_takes_the_older_ones_message_back(bot: commands.Bot, ada: Person) -> None:
    older = await begin(ada)
    await begin(ada)
    await older.wait_for(lambda shown: "There is a newer link" in shown.content and not shown.components)


async def test_a_denied_login_ends_and_its_message_says_so(bot: commands.Bot, ada: Person, issuer: Issuer) -> None:
    login = await begin(ada)
    denied = await issuer.deny(login.link_buttons[0])
    answer = await (await (await form(ada, login)).submit(denied)).settled()
    assert "access denied" in answer.content
    await login.wait_for(lambda shown: not shown.components)
    again = await ada.press(answer, "Get a new link")
    assert isinstance(again, ShownResponse)
    assert (await again.settled()).link_buttons
    assert again.ephemeral


async def test_a_denial_that_comes_by_command_or_dm_ends_the_login_message_too(
    bot: commands.Bot, ada: Person, issuer: Issuer
) -> None:
    for how in ("command", "dm"):
        login = await begin(ada)
        denied = await issuer.deny(login.link_buttons[0])
        if how == "command":
            await ada.slash("auth complete", redirect=denied)
        else:
            await ada.send_dm(denied)
        await login.wait_for(lambda shown: not shown.components)


async def test_of_two_links_asked_for_at_once_one_stays_and_the_other_says_so(bot: commands.Bot, ada: Person) -> None:
    asked = await asyncio.gather(*(ada.slash("auth login", vendor="lab") for _ in range(2)))

    def open_links() -> int:
        return sum(bool(each.link_buttons) for each in asked)

    async with asyncio.timeout(10):
        while open_links() != 1 or any("newer link" not in each.content for each in asked if not each.link_buttons):
            await asyncio.sleep(0.02)


async def test_a_newcomer_begins_the_first_login_with_a_button_of_the_help(
    bot: commands.Bot, ada: Person, eve: Person, issuer: Issuer
) -> None:
    first = await (await ada.slash("auth help")).settled()
    assert "Nobody is logged in yet" in first.content
    pressed = await ada.press(first, "auth:login:lab")
    assert isinstance(pressed, ShownResponse)
    redirect = await issuer.approve((await pressed.settled()).link_buttons[0])
    await (await ada.slash("auth complete", redirect=redirect)).settled()
    later = await (await ada.slash("auth help")).settled()
    assert "There is one login here" in later.content
    assert not later.components
    refused = await (await eve.slash("auth help")).settled()
    assert "You can't use this yet" in refused.content
    assert not refused.components


async def test_how_to_copy_is_shown_in_pictures_that_are_described_in_words(
    bot: commands.Bot, ada: Person, mei: Person
) -> None:
    login = await begin(ada)
    shown = await ada.press(login, "Show me how")
    assert isinstance(shown, ShownResponse)
    await shown.settled()
    assert shown.ephemeral
    assert [each["filename"] for each in shown.attachments] == ["desktop.gif", "phone.gif"]
    async with httpx2.AsyncClient(trust_env=False) as browser:
        for each in shown.attachments:
            assert "the page does not load" in each["description"]
            assert (await browser.get(each["url"])).content.startswith(b"GIF89a")
    theirs = await mei.press(await begin(mei), "示範給我看")
    assert isinstance(theirs, ShownResponse)
    assert "複製網址" in (await theirs.settled()).content
    assert "頁面打不開" in theirs.attachments[0]["description"]


async def test_a_pending_login_is_dropped_from_the_status_which_then_shows_what_is_left(
    bot: commands.Bot, ada: Person, bob: Person
) -> None:
    login = await begin(ada)
    await begin(bob, "second")
    status = await (await ada.slash("auth status")).settled()
    await ada.press(status, "Cancel The Lab")
    await status.wait_for(lambda shown: not shown.components)
    assert "waits for your paste" not in json.dumps(status.embeds)
    await login.wait_for(lambda shown: "is cancelled" in shown.content)
    theirs = await (await bob.slash("auth status")).settled()
    assert [part["label"] for part in theirs.components] == ["Cancel The Lab"]


async def test_a_cancel_button_drops_only_what_the_person_who_presses_it_began(
    bot: commands.Bot, ada: Person, bob: Person
) -> None:
    await begin(ada)
    await begin(bob)
    status = await (await ada.slash("auth status")).settled()
    await (await ada.slash("auth cancel", vendor="lab")).settled()
    await ada.press(status, "Cancel The Lab")
    await status.wait_for(lambda shown: "No login is waiting" in shown.content)
    theirs = await (await bob.slash("auth status")).settled()
    assert [part["label"] for part in theirs.components] == ["Cancel The Lab"]


async def test_a_paste_in_a_direct_message_that_would_replace_another_persons_login_asks_first(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, clock: SimpleNamespace
) -> None:
    """Both began; bob was done first, so that what ada replaces is not what she saw when she began."""
    hers, his = await begin(ada), await begin(bob)
    clock.ahead = 5.0
    redirect = await issuer.approve(his.link_buttons[0], "bob@example.com")
    assert "bob@example.com" in (await (await bob.slash("auth complete", redirect=redirect)).settled()).content
    (told,) = await ada.send_dm(await issuer.approve(hers.link_buttons[0]))
    assert f"<@{bob.id}> is logged in to The Lab" in told.body["content"]
    assert "delete your message" in told.body["content"]
    pressed = await ada.press(told, "Replace that login")
    assert isinstance(pressed, ShownResponse)
    assert (await pressed.wait_for(lambda shown: shown.link_buttons)).link_buttons


async def test_a_login_that_came_too_late_is_not_stored_and_the_person_is_asked(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, clock: SimpleNamespace, audited: Log
) -> None:
    hers, his = await begin(ada), await begin(bob)
    clock.ahead = 5.0
    issuer.faults.next("/token", delay=0.6)
    late = await ada.slash("auth complete", redirect=await issuer.approve(hers.link_buttons[0]))
    while not issuer.requests("/token"):
        await asyncio.sleep(0.01)
    redirect = await issuer.approve(his.link_buttons[0], "bob@example.com")
    await (await bob.slash("auth complete", redirect=redirect)).settled()

    asked = await late.settled()
    assert "Your login to The Lab was not stored" in asked.content
    assert f"<@{bob.id}> is logged in to The Lab" in asked.content
    await hers.wait_for(lambda shown: "Yours was not stored" in shown.content and not shown.components)
    assert ("complete", str(ada.id), "login_overtaken") in [
        (line["event"], line["user"], line["outcome"]) for line in audited()
    ]
    await ada.press(asked, "Replace that login")
    again = await asked.wait_for(lambda shown: shown.link_buttons)
    done = await (await ada.slash("auth complete", redirect=await issuer.approve(again.link_buttons[0]))).settled()
    assert "It replaces the login of bob@example.com" in done.content


async def test_the_button_of_a_link_that_expired_during_a_restart_says_so(
    world: EmbeddedDiscord, ada: Person, settings: DiscordSettings, start: Start, clock: SimpleNamespace
) -> None:
    clock.ahead = -899.5  # what is begun now ends within a second of the real time
    async with running(world, start(settings)):
        login = await begin(ada)
    await asyncio.sleep(1)
    async with running(world, start(settings)):
        pressed = await ada.press(login, PASTE)
        assert isinstance(pressed, ShownResponse)
        assert "has expired" in pressed.content
        assert pressed.ephemeral


async def test_the_login_message_is_edited_when_its_time_is_over(bot: commands.Bot, ada: Person) -> None:
    cog = bot.get_cog("openab-auth")
    assert isinstance(cog, Auth)
    cog.desk._messages._editable = 0.05
    login = await begin(ada)
    await login.wait_for(lambda shown: "has expired" in shown.content)
    assert [part["label"] for part in login.components] == ["Get a new link"]


async def test_a_bot_that_is_told_to_stop_answers_what_is_under_way_and_refuses_what_is_new(
    bot: commands.Bot, ada: Person, issuer: Issuer, service: AuthService
) -> None:
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    opened = await form(ada, login)
    issuer.faults.next("/token", delay=0.3)
    answer = await opened.submit(redirect)
    await service.aclose()
    assert "Logged in" in answer.content
    refused = await (await ada.slash("auth status")).settled()
    assert "restarting" in refused.content
    assert refused.ephemeral


async def test_an_answer_that_comes_too_late_for_discord_still_finishes_the_login(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    """10062 on the acknowledgement: nobody listens any more, and the work is done all the same."""
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    world.faults.next("callback", status=404, code=10062)
    await asyncio.wait_for(
        asyncio.gather(opened.submit(redirect), login.wait_for(lambda it: "Done: logged in" in it.content)), 9
    )
    assert "lab" in stored()


async def test_an_interaction_older_than_fifteen_minutes_loses_its_edit_and_no_login(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored
) -> None:
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    login.age(16 * 60)
    done = await (await opened.submit(redirect)).settled()
    assert "Logged in" in done.content
    assert "lab" in stored()


async def test_an_unexpected_failure_is_told_with_an_id_in_a_form_and_in_a_command(
    bot: commands.Bot, ada: Person, service: AuthService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    login = await begin(ada)
    monkeypatch.setattr(service, "complete", fail)
    monkeypatch.setattr(service, "status", fail)
    assert "give the operator this id" in (await (await (await form(ada, login)).submit("x")).settled()).content
    assert "give the operator this id" in (await (await ada.slash("auth status")).settled()).content


async def test_a_long_link_is_whole_in_the_message_as_discord_accepts_it(
    world: EmbeddedDiscord, issuer: Issuer, settings: DiscordSettings, ada: Person, tmp_path: object
) -> None:
    """Discord answers 50035 to a link button of 513 characters, and the whole reply would be lost."""
    for length, field in ((900, "content"), (3000, "embeds")):
        scopes = ["s" * length]
        table = {
            "authorize_url": issuer.authorize_url,
            "token_url": issuer.token_url,
            "client_id": "openab-playground",
            "redirect_uri": "http://localhost:1455/auth/callback",
            "scopes": scopes,
        }
        config = Config(auth=AuthSettings(vendors=("lab",)), vendors={"lab": table})
        service = open_service(config, f"{tmp_path}/auth.json", settings, environ={}, clock=time.time)
        async with running(world, service):
            login = await begin(ada)
            shown = login.content if field == "content" else login.embeds[0]["description"]
            assert f"scope={scopes[0]}" in shown
            assert shown.count("[Login page of lab](<http") == 1
            assert not login.link_buttons


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("callback", {"cut": True}),
        ("callback", {"cut": True, "when": "after"}),
        ("callback", {"status": 500, "when": "after"}),
        ("callback", {"status": 429, "retry_after": 0.1}),
        ("edit", {"status": 429, "retry_after": 0.1}),
        ("edit", {"cut": True}),
        ("edit", {"status": 404, "code": 10015}),
        ("callback", {"status": 204}),
    ],
)
async def test_a_reply_that_discord_loses_never_loses_a_login(
    bot: commands.Bot,
    world: EmbeddedDiscord,
    ada: Person,
    issuer: Issuer,
    stored: Stored,
    kind: str,
    fault: dict[str, object],
) -> None:
    login = await begin(ada)
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    world.faults.next(kind, **fault)  # type: ignore[arg-type]  # the parameters name its fields
    await opened.submit(redirect)
    await login.wait_for(lambda shown: "Done: logged in" in shown.content, timeout=10)
    assert stored()["lab"]["access_token"]


async def test_forms_and_messages_leave_nothing_behind_in_the_client(bot: commands.Bot, ada: Person) -> None:
    for _ in range(5):
        login = await begin(ada)
        await form(ada, login)
    store = bot._connection._view_store
    assert not store._modals
    assert not any(store._views.values())


async def test_no_id_or_message_holds_a_secret_but_the_link(
    bot: commands.Bot, ada: Person, issuer: Issuer, stored: Stored, audited: Log
) -> None:
    login = await begin(ada)
    pending = next(iter(stored().values()))
    ids = json.dumps([part.get("custom_id") for part in login.components])
    opened = await form(ada, login)
    redirect = await issuer.approve(login.link_buttons[0])
    done = await (await opened.submit(redirect)).settled()
    await login.wait_for(lambda shown: "Done: logged in" in shown.content)
    status = await (await ada.slash("auth status")).settled()
    code = redirect.partition("code=")[2].partition("&")[0]
    entry = stored()["lab"]
    shown = done.content + login.content + json.dumps(status.embeds) + json.dumps(audited()) + ids
    secrets = (pending["verifier"], pending["state"], code, entry["access_token"], entry["refresh_token"])
    assert all(secret and secret not in shown for secret in secrets)
    assert "ada@example.com" in json.dumps(status.embeds)
