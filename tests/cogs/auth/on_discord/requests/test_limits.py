"""An account that its vendor limits: people see it in the status, and in the request for another account."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from discord.ext import commands

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from openab_auth.oauth.notices import note_limit
from openab_auth.oauth.requests import LoginRequests
from openab_auth.oauth.tokens import TokenSource
from openab_auth.storage import Agreement, FileStore, Tenant, ThreadId
from tests.cogs.auth.on_discord.accounts.account_logins import log_in
from tests.cogs.auth.on_discord.requests.requests_seen import in_thread
from tests.support.patience import until

UNTIL = int(time.time()) + 7200


def limit(store_path: Path, *logins: str, until_then: int = UNTIL) -> None:
    for login in logins:
        FileStore(store_path).update(partial(note_limit, login=Tenant(login), until=until_then, now=0))


async def asked(world: EmbeddedDiscord, asking: LoginRequests) -> str:
    await asking.ask("lab")
    await until(lambda: len(in_thread(world)) == 1)
    return in_thread(world)[0].content


async def test_status_shows_the_limit_that_an_agent_recorded(
    world: EmbeddedDiscord, bot: commands.Bot, agent: TokenSource, bob: Person, mei: Person, issuer: Issuer
) -> None:
    await log_in(bob, issuer)
    await agent.limited("lab", until=UNTIL)

    assert f"limited by its vendor; ends <t:{UNTIL}:R>" in (await (await bob.slash("auth status")).settled()).content
    assert f"供應商限制中，<t:{UNTIL}:R> 解除" in (await (await mei.slash("auth status")).settled()).content  # noqa: RUF001


async def test_a_request_names_the_other_limited_accounts_of_its_vendor(
    world: EmbeddedDiscord, bot: commands.Bot, asking: LoginRequests, store_path: Path
) -> None:
    limit(store_path, "lab", "lab@team", "second-oauth")
    limit(store_path, "lab@old", until_then=int(time.time()) - 5)

    content = await asked(world, asking)

    assert f"The vendor limits The Lab (team); that ends <t:{UNTIL}:R>" in content
    assert content.count("The vendor limits") == 1


async def test_a_request_names_no_account_of_another_person(
    world: EmbeddedDiscord,
    bot: commands.Bot,
    asking: LoginRequests,
    bob: Person,
    mei: Person,
    store_path: Path,
    thread: ThreadId,
) -> None:
    limit(store_path, f"lab@u{bob.id}", f"lab@u{mei.id}")
    agreements = {f"agreement:{person.id}": Agreement(frozenset({thread})) for person in (bob, mei)}
    FileStore(store_path).update(lambda draft: draft.threads.update(agreements))

    content = await asked(world, asking)

    assert content.count("The vendor limits The Lab (personal)") == 1  # Bob's, who has started the thread
