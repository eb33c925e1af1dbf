"""Nobody sees or touches another person's own login, pending login or card; listed operators see and end a login."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Modal, Person, ShownResponse
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in, replay
from tests.cogs.auth.on_discord.discord_bot import ROLE, running
from tests.cogs.auth.service.service_logins import Log, Start, Stored

REFUSED = "This is another person's own account."
GENERATION = "0" * 10


@pytest.fixture
def settings(ada: Person, bob: Person) -> DiscordSettings:
    """Ada is an operator, as before; Bob and Eve may log in."""
    return DiscordSettings(allowed_users=frozenset({UserId(ada.id)}), allow_all_users=True)


@pytest.fixture
async def bobs(bot: commands.Bot, bob: Person, issuer: Issuer) -> str:
    """Return the label of Bob's own account, to which he is logged in."""
    await log_in(bob, issuer, "me")
    return f"u{bob.id}"


@pytest.mark.parametrize("who", ["ada", "eve"])
@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("login", {}),
        ("complete", {"redirect": "http://localhost:1455/auth/callback?code=c&state=s"}),
        ("logout", {}),
        ("cancel", {}),
    ],
)
async def test_every_command_refuses_it_whether_it_exists_or_not(
    who: str, command: str, options: dict[str, Any], bobs: str, request: pytest.FixtureRequest, stored: Stored
) -> None:
    """Also to the people in `allowed_users`, who are operators as long as nobody is listed as one."""
    person: Person = request.getfixturevalue(who)
    before = stored()

    for account in (bobs, "u123456"):
        both: dict[str, Any] = {"vendor": "lab", "account": account}
        for words in (both, {"vendor": f"lab@{account}"}):
            told = await (await person.slash(f"auth {command}", **words, **options)).settled()
            assert REFUSED in told.content

    assert stored() == before


async def test_status_help_and_lists_do_not_show_it(bobs: str, ada: Person, bob: Person) -> None:
    status = await (await ada.slash("auth status")).settled()
    narrowed = await (await ada.slash("auth status", vendor="lab", account=bobs)).settled()
    helped = await (await ada.slash("auth help")).settled()
    logins = await ada.complete_option("auth logout", "vendor", "")
    accounts = await ada.complete_option("auth logout", "account", "", vendor="lab")
    to_begin = await ada.complete_option("auth login", "account", "", vendor="lab")
    his = await bob.complete_option("auth logout", "account", "", vendor="lab")

    assert "Nobody is logged in yet" in status.content
    assert "bob" not in status.content + narrowed.content
    assert "Nobody is logged in yet" in helped.content
    assert [each.value for each in (*logins, *accounts)] == ["?", "?"]
    assert [each.value for each in to_begin] == ["shared", "me"]
    assert [each.name for each in his] == ["Only me · bob@example.com"]


@pytest.mark.parametrize(
    "custom_id",
    [
        "auth:login:lab@{label}",
        "auth:logout:here:{generation}:lab@{label}",
        "auth:logout:revoke:{generation}:lab@{label}",
        "auth:replace:yes:{generation}:lab@{label}",
        "auth:cancel:{generation}:lab@{label}",
    ],
)
async def test_a_replayed_button_refuses_another_person(
    custom_id: str, bobs: str, world: EmbeddedDiscord, bot: commands.Bot, ada: Person, stored: Stored, audited: Log
) -> None:
    before = stored()

    told = await replay(world, bot, ada, custom_id.format(label=bobs, generation=GENERATION))

    assert isinstance(told, ShownResponse)
    await told.wait_for(lambda shown: REFUSED in shown.content)
    assert stored() == before
    assert (audited()[-1]["account"], audited()[-1]["outcome"]) == (f"lab@{bobs}", "not_allowed")


async def test_a_form_of_another_persons_card_takes_no_paste(
    world: EmbeddedDiscord, bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    card = await (await bob.slash("auth login", vendor="lab", account="me")).settled()
    (custom_id,) = [each["custom_id"] for each in card.components if "paste" in each.get("custom_id", "")]
    before = stored()

    opened = await replay(world, bot, ada, custom_id)
    assert isinstance(opened, Modal)
    told = await (await opened.submit(await issuer.approve(card.link_buttons[0]))).settled()

    assert REFUSED in told.content
    assert stored() == before


async def test_a_paste_in_a_direct_message_finishes_no_login_of_another_person(
    bot: commands.Bot, ada: Person, bob: Person, issuer: Issuer, stored: Stored
) -> None:
    card = await (await bob.slash("auth login", vendor="lab", account="me")).settled()
    before, paste = stored(), await issuer.approve(card.link_buttons[0])

    (told,) = await ada.send_dm(paste)

    assert "No login is waiting" in told.text
    assert stored() == before
    assert card.link_buttons  # his card is as it was
    assert await bob.send_dm(paste)
    assert list(stored()) == [f"lab@u{bob.id}"]


class TestListedOperators:
    @pytest.fixture
    def settings(self, ada: Person) -> DiscordSettings:
        return DiscordSettings(allowed_roles=frozenset({ROLE}), operators=frozenset({ada.id}))

    @pytest.fixture
    async def bot(self, world: EmbeddedDiscord, start: Start, settings: DiscordSettings) -> AsyncIterator[commands.Bot]:
        async with running(world, start(settings)) as bot:
            yield bot

    async def test_they_see_and_end_it(
        self, bobs: str, ada: Person, bob: Person, issuer: Issuer, stored: Stored
    ) -> None:
        status = await (await ada.slash("auth status")).settled()
        (login,) = await ada.complete_option("auth logout", "account", "", vendor="lab")
        question = await (await ada.slash("auth logout", vendor="lab", account=login.value)).settled()
        await ada.press(question, "Also revoke it at the vendor")
        await question.wait_for(lambda shown: "revoked at the vendor" in shown.content)

        assert "**The Lab (personal)**" in status.content
        assert f"<@{bob.id}>" in status.content
        assert login.name == f"Personal, of {bob.id} · bob@example.com"
        assert not stored()

    async def test_they_cannot_log_in_as_somebody_else(self, bobs: str, ada: Person) -> None:
        told = await (await ada.slash("auth login", vendor="lab", account=bobs)).settled()

        assert REFUSED in told.content

    async def test_the_others_do_not_see_it(self, bobs: str, mei: Person) -> None:
        status = await (await mei.slash("auth status")).settled()

        assert "目前沒有任何登入" in status.content
