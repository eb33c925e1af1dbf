"""A fault that only the operator can repair is logged under the id that the person sees; paths stay in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.service.service import AuthService
from openab_auth.oauth.errors import VendorUnavailableError
from tests.cogs.auth.on_discord.discord_bot import begin
from tests.cogs.auth.service.service_logins import Log
from tests.support.patience import until

ID = re.compile(r"`([0-9a-f]{8})`")


def as_link(store: Path) -> None:
    store.symlink_to("elsewhere.json")


def as_other_bytes(store: Path) -> None:
    store.write_bytes(b"\xff")


def as_lock_folder(store: Path) -> None:
    store.with_name("auth.json.global.lock").mkdir()


def as_other_users_lock(store: Path) -> None:
    lock = store.with_name("auth.json.global.lock")
    lock.touch(0o600)
    os.chown(lock, 4711, 4711)


def as_notes_of_another_user(store: Path) -> None:
    store.with_name("auth.json.notes").write_text("{}")
    os.chown(store.with_name("auth.json.notes"), 4711, 4711)


def shown_to(*people: Person) -> str:
    """Everything that these people see anywhere."""
    views = (person.view(where) for person in people for where in ("guild", "dm"))
    return "\n".join(f"{each['content']} {each['embeds']} {each['components']}" for view in views for each in view)


def replace_store(store: Path, damage: Callable[[Path], None]) -> None:
    for left in store.parent.glob("auth.json*"):
        left.unlink()
    damage(store)


DAMAGES = [as_link, as_other_bytes, as_lock_folder]
ROOTS_DAMAGES = [as_other_users_lock, as_notes_of_another_user] if os.geteuid() == 0 else []


@pytest.mark.parametrize("damage", [*DAMAGES, *ROOTS_DAMAGES], ids=lambda damage: damage.__name__)
async def test_no_message_holds_a_path_or_a_uid_and_the_log_knows_each_id(
    damage: Callable[[Path], None], bot: commands.Bot, ada: Person, bob: Person, eve: Person, issuer: Issuer,
    store_path: Path, caplog: pytest.LogCaptureFixture, audited: Log,
) -> None:  # fmt: skip
    login = await begin(ada)
    redirect = await issuer.approve(login.link_buttons[0])
    replace_store(store_path, damage)
    caplog.clear()
    for person in (ada, bob, eve):
        await (await person.slash("auth login", vendor="lab")).settled()
        await (await person.slash("auth complete", redirect=redirect)).settled()
        for command in ("status", "cancel", "help"):
            await (await person.slash(f"auth {command}")).settled()
        await (await person.slash("auth logout", vendor="lab")).settled()
        await person.send_dm(redirect)
        await person.complete_option("auth login", "vendor", "")

    shown = shown_to(ada, bob, eve)
    assert str(store_path.parent) not in shown.replace("\\", "")
    assert not re.search(r"\buid\b|4711|auth\.json", shown.replace("\\", ""))
    logged = {record.getMessage() for record in caplog.records if record.levelno == logging.ERROR}
    told = set(ID.findall(shown))
    assert told
    assert {incident for incident in told if not any(f"incident {incident}: " in line for line in logged)} == set()
    assert any(str(store_path) in line for line in logged)
    incidents = {line["incident"] for line in audited() if "incident" in line}
    assert {incident for incident in incidents if not any(f"incident {incident}: " in line for line in logged)} == set()
    if damage is as_other_bytes:
        assert len(incidents & told) >= 10


async def test_the_id_of_a_failure_leads_to_its_traceback_and_its_audit_line(
    bot: commands.Bot, world: EmbeddedDiscord, ada: Person, service: AuthService, audited: Log,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    address = "http://localhost/?code=canary"

    def fail(*_: object, **__: object) -> NoReturn:
        raise KeyError(address)

    monkeypatch.setattr(service._logins, "begin", fail)
    answer = await (await ada.slash("auth login", vendor="lab", where="thread")).settled()

    [incident] = ID.findall(answer.content)
    [record] = [record for record in caplog.records if getattr(record, "incident", None) == incident]
    assert "KeyError" in record.getMessage()
    assert 'File "' in record.getMessage()
    [line] = [line for line in audited() if line.get("incident") == incident]
    assert (line["event"], line["outcome"], line["user"]) == ("login", "failed", str(ada.id))
    assert (line["vendor"], line["account"]) == ("lab", "lab")
    assert (line["guild"], line["channel"]) == (world.state.guild_id, world.state.channel_id(ada.user["id"], "guild"))
    assert line["thread"] == world.state.thread_id
    assert "canary" not in caplog.text + repr(audited())


async def test_the_id_of_a_vendors_failure_is_in_the_audit_log_too(
    bot: commands.Bot, ada: Person, issuer: Issuer, audited: Log, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch, service: AuthService,
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    login = await begin(ada)

    async def fail(*_: object, **__: object) -> NoReturn:
        raise VendorUnavailableError(service.__class__.__name__, "it is down")

    monkeypatch.setattr(service._logins, "complete", fail)
    redirect = await issuer.approve(login.link_buttons[0])
    answer = await (await ada.slash("auth complete", redirect=redirect)).settled()

    [incident] = ID.findall(answer.content)
    assert any(f"incident {incident}: " in line for line in caplog.messages)
    assert audited()[-1]["incident"] == incident


async def test_the_line_under_the_id_names_the_request_and_the_file(
    bot: commands.Bot, ada: Person, caplog: pytest.LogCaptureFixture, store_path: Path
) -> None:
    """A folder in the lock's place: nothing but the operator's `rmdir` helps."""
    lock = store_path.with_name("auth.json.global.lock")
    await until(lock.exists)  # the bot records its threads
    await asyncio.to_thread(lock.unlink)
    as_lock_folder(store_path)
    answer = await begin(ada)

    [incident] = ID.findall(answer.content)
    [line] = [record.getMessage() for record in caplog.records if f"incident {incident}: " in record.getMessage()]
    assert "auth.json.global.lock" in line
    assert "login" in line
    assert str(ada.id) not in line  # the audit log says who


async def test_a_logout_that_left_tokens_in_a_file_names_the_file_in_the_log(
    bot: commands.Bot, ada: Person, issuer: Issuer, store_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    login = await begin(ada)
    await (await ada.slash("auth complete", redirect=await issuer.approve(login.link_buttons[0]))).settled()
    kept = store_path.with_name("auth.json.corrupt-1.uncleared")
    await asyncio.to_thread(kept.write_text, "what an earlier logout could not clear")
    question = await (await ada.slash("auth logout", vendor="lab")).settled()
    pressed = await ada.press(question, "Remove it here")
    assert isinstance(pressed, ShownResponse)
    await pressed.wait_for(lambda shown: "may still contain the tokens" in shown.content)
    told = pressed.content

    [incident] = ID.findall(told)
    assert str(store_path.parent) not in told
    assert [line for line in caplog.messages if f"incident {incident}: " in line and str(kept) in line]


async def test_what_a_person_can_mend_is_no_error_and_has_no_id(
    bot: commands.Bot, ada: Person, eve: Person, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [
        await (await eve.slash("auth login", vendor="lab")).settled(),
        await (await ada.slash("auth login", vendor="no-such-vendor")).settled(),
        await (await ada.slash("auth complete", redirect="http://localhost/?code=a&state=b")).settled(),
        await (await ada.slash("auth logout", vendor="lab")).settled(),
    ]

    assert not [answer.content for answer in answers if ID.search(answer.content)]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
