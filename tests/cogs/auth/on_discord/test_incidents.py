"""A fault that only the operator can repair is logged under the id that the person sees; paths stay in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from tests.cogs.auth.on_discord.discord_bot import begin
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
    store_path: Path, caplog: pytest.LogCaptureFixture,
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
