"""`/auth mcp`: from adding a server in Discord to a token in another process, with every refusal."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from discord.ext import commands

from openab_auth.bot.playground.discord import ActionRefusedError, EmbeddedDiscord, Person, ShownResponse
from openab_auth.cogs.auth.guard.access import Caller
from openab_auth.cogs.auth.guard.rate_limit import LIMIT
from openab_auth.cogs.auth.guard.settings import DiscordSettings
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.cogs.auth.views.choices import NO_CHOICE
from openab_auth.oauth.config import AuthSettings, Config
from openab_auth.oauth.errors import AddingServersOffError
from openab_auth.oauth.runtime import Runtime
from openab_auth.storage import UserId
from tests.cogs.auth.on_discord.discord_bot import begin, form, running
from tests.cogs.auth.service.service_logins import Log, Start
from tests.support.mcp_servers import approve

MORE = f"https://mcp.example/{'m' * 200}"


@pytest.fixture
def config() -> Config:
    tables: dict[str, dict[str, object]] = {"theirs": {"url": "https://mcp.example/mcp"}}
    return Config(auth=AuthSettings(vendors=(), allow_http_loopback=True, mcp_add=True), mcp=tables)


@pytest.fixture
def address(urls: Mapping[str, str]) -> str:
    return f"{urls['new']}/mcp"


async def add(person: Person, name: str, url: str) -> ShownResponse:
    return await (await person.slash("auth mcp add", name=name, url=url)).settled()


async def remove(person: Person, name: str) -> ShownResponse:
    return await (await person.slash("auth mcp remove", name=name)).settled()


async def log_in(person: Person, login: ShownResponse) -> str:
    (link,) = login.link_buttons
    return (await (await (await form(person, login)).submit(await approve(link))).settled()).content


async def token(config: Config, store_path: Path, home: Path) -> str:
    """Return the output of another process that uses the operator's config and the bot's store."""
    text = f"[auth]\nvendors = []\nallow_http_loopback = true\nmcp_add = {json.dumps(config.auth.mcp_add)}\n"
    file = home / "openab-auth.toml"
    await asyncio.to_thread(file.write_text, text)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("openab-auth"), "token", "mcp:new", "--config", str(file),
        cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home), "OPENAB_AUTH_STORE": str(store_path)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode().strip()


async def test_from_the_command_over_the_login_to_a_token_in_another_process(
    bot: commands.Bot, bob: Person, address: str, config: Config, store_path: Path, tmp_path: Path, audited: Log
) -> None:
    answer = await add(bob, "new", address)
    host = address.removeprefix("http://").removesuffix("/mcp")

    assert answer.ephemeral
    assert f"new (MCP at {host}) is added" in answer.content
    assert f"tokens to `{host}`" in answer.content
    assert f"`{address}`" in answer.content
    choices = await bob.complete_option("auth login", "vendor", "mcp:ne")
    assert [(choice.name, choice.value) for choice in choices] == [(f"new (MCP at {host}) · not logged in", "mcp:new")]

    login = await bob.press(answer, "auth:login:mcp:new")
    assert isinstance(login, ShownResponse)
    assert f"Logged in to new (MCP at {host})" in await log_in(bob, await login.settled())
    assert (await token(config, store_path, tmp_path)).startswith("canary-at")
    status = await (await bob.slash("auth status")).settled()
    assert f"new (MCP at {host})" in status.content
    assert [(line["event"], line["vendor"], line["user"], line["outcome"]) for line in audited()][:2] == [
        ("mcp_add", "mcp:new", str(bob.id), "ok"),
        ("login", "mcp:new", str(bob.id), "ok"),
    ]


async def test_a_restart_keeps_a_server_and_switching_adding_off_its_login(
    world: EmbeddedDiscord, settings: DiscordSettings, start: Start, ada: Person, address: str, config: Config,
    store_path: Path, tmp_path: Path,
) -> None:  # fmt: skip
    async with running(world, start(settings)):
        await add(ada, "new", address)
    async with running(world, start(settings)):
        assert "Logged in" in await log_in(ada, await begin(ada, "mcp:new"))
        again = await add(ada, "new", address)
        assert "was added before" in again.content
        assert "auth:login:mcp:new" in str(again.components)
    off = replace(config, auth=replace(config.auth, mcp_add=False))
    assert (await token(off, store_path, tmp_path)).startswith("canary-at")


async def test_another_bot_on_the_store_offers_it_at_once(
    bot: commands.Bot, start: Start, settings: DiscordSettings, ada: Person, address: str
) -> None:
    other = start(settings)
    await add(ada, "new", address)

    assert "mcp:new" in [vendor.name for vendor in (await other.catalogue()).offered()]


async def test_where_adding_is_off_no_command_exists_and_the_service_refuses(
    world: EmbeddedDiscord, settings: DiscordSettings, ada: Person, config: Config, store_path: Path
) -> None:
    off = replace(config, auth=replace(config.auth, mcp_add=False))
    service = open_service(Runtime.open(off, str(store_path), {}, lambda: 1.0), settings, closes_runtime=True)
    async with running(world, service):
        for command in ("auth mcp add", "auth mcp remove"):
            with pytest.raises(ActionRefusedError, match="no command"):
                await ada.slash(command, name="new", url="https://mcp.example/mcp")
        assert "mcp add" not in (await (await ada.slash("auth help")).settled()).content
        with pytest.raises(AddingServersOffError):
            await service.servers.add(Caller(UserId(ada.id)), "new", "https://mcp.example/mcp")
        with pytest.raises(AddingServersOffError):
            await service.servers.remove(Caller(UserId(ada.id)), "new")


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("codex", "https://mcp.example/mcp", "The name codex is already taken"),
        ("theirs", "https://mcp.example/mcp", "The name theirs is already taken"),
        ("a/b", "https://mcp.example/mcp", "A server can't have this name"),
        ("**x** @everyone", "https://mcp.example/mcp", "A server can't have this name"),
        ("lab", "http://mcp.example/mcp", "it must be https"),
        ("lab", "https://ada:canary@mcp.example/mcp", "it must not carry a user or a password"),
        ("lab", "linear", "it must be an https address"),
    ],
)
async def test_what_a_config_refuses_is_told_with_what_to_do_and_not_repeated(
    bot: commands.Bot, ada: Person, audited: Log, store_path: Path, name: str, url: str, said: str
) -> None:
    answer = await add(ada, name, url)

    assert said in answer.content
    assert "Next: " in answer.content
    assert not {"**x**", "@everyone", "canary"} & set(answer.content.split())
    assert not store_path.with_name("auth.json.servers").exists()
    (line,) = audited()
    assert (line["event"], line["outcome"]) == ("mcp_add", "server_not_added")
    assert line["account"] == (name if name in {"codex", "theirs"} else None)
    assert "canary" not in json.dumps(line)


async def test_nothing_in_a_name_or_an_address_is_markup_or_a_mention(bot: commands.Bot, ada: Person) -> None:
    url = "https://mcp.example/`**<@1><@&2>@everyone[x](https://evil.example)_`"

    answer = await add(ada, "a_b_.c", url)

    shown = url.replace("`", "%60")
    assert f"`{shown}`" in answer.content
    assert answer.content.count("`") == 4  # two pairs of ours
    assert "a\\_b\\_.c (MCP at mcp.example)" in answer.content


async def test_a_long_address_is_shown_whole_and_a_longer_one_is_not_taken(bot: commands.Bot, ada: Person) -> None:
    assert MORE in (await add(ada, "long", MORE)).content
    with pytest.raises(ActionRefusedError, match="does not accept this value"):
        await add(ada, "longer", f"{MORE}{MORE}{MORE}")


async def test_who_may_not_use_it_adds_removes_and_sees_nothing(
    bot: commands.Bot, ada: Person, eve: Person, address: str, audited: Log
) -> None:
    await add(ada, "new", address)

    assert "is on the list of people" in (await add(eve, "evil", address)).content
    assert "is on the list of people" in (await remove(eve, "new")).content
    assert [choice.value for choice in await eve.complete_option("auth mcp remove", "name")] == [NO_CHOICE]
    assert [line["outcome"] for line in audited()] == ["ok", "not_allowed", "not_allowed"]


async def test_a_person_adds_no_more_often_than_they_log_in(bot: commands.Bot, bob: Person, audited: Log) -> None:
    for n in range(LIMIT):
        await add(bob, f"s{n}", "https://mcp.example/mcp")

    assert "tried 10 times" in (await add(bob, "one-more", "https://mcp.example/mcp")).content
    assert len(audited()) == LIMIT


async def test_its_adder_or_an_operator_removes_a_server_that_has_no_login(
    bot: commands.Bot, ada: Person, bob: Person, mei: Person, address: str, audited: Log
) -> None:
    await add(bob, "new", address)
    await add(mei, "hers", address)
    assert [choice.value for choice in await bob.complete_option("auth mcp remove", "name")] == ["new"]
    assert [choice.value for choice in await ada.complete_option("auth mcp remove", "name", "h")] == ["hers"]
    assert f"<@{mei.id}> added this server" in (await remove(bob, "hers")).content

    await log_in(bob, await begin(bob, "mcp:new"))
    in_use = await remove(bob, "new")
    assert "There is still a login to new" in in_use.content
    assert "/auth logout" in in_use.content
    question = await (await bob.slash("auth logout", vendor="mcp:new")).settled()
    await bob.press(question, "Remove it here")
    await question.wait_for(lambda shown: "removed here" in shown.content)

    assert "new is removed" in (await remove(bob, "new")).content
    assert "hers is removed" in (await remove(ada, "hers")).content
    assert "Nobody has added" in (await remove(ada, "hers")).content
    assert "mcp:new is not offered here" in (await begin(bob, "mcp:new")).content
    removals = [(line["account"], line["outcome"]) for line in audited() if line["event"] == "mcp_remove"]
    assert removals == [
        ("hers", "not_allowed"),
        ("new", "server_not_removed"),
        ("new", "ok"),
        ("hers", "ok"),
        (None, "server_not_removed"),
    ]


@pytest.mark.parametrize("pasted", ["correct-horse-battery", "hunter2password", "MTIz.abc.def"])
async def test_what_was_pasted_in_place_of_a_name_is_in_no_line_of_the_audit_log(
    bot: commands.Bot, ada: Person, audited: Log, pasted: str
) -> None:
    await add(ada, pasted, "http://mcp.example/mcp")
    await remove(ada, pasted)

    assert pasted not in json.dumps(audited())
    assert len(audited()) == 2


async def test_a_login_of_another_servers_is_named_and_left_alone(
    bot: commands.Bot, ada: Person, address: str, store_path: Path
) -> None:
    await add(ada, "new", address)
    await log_in(ada, await begin(ada, "mcp:new"))
    before = store_path.read_bytes()  # noqa: ASYNC240 - a small file
    store_path.with_name("auth.json.servers").unlink()

    answer = await add(ada, "new", "https://evil.example/mcp")

    assert "new already holds a login from a different server" in answer.content
    assert store_path.read_bytes() == before  # noqa: ASYNC240


@pytest.mark.parametrize("damage", ["damaged", "unreadable"])
async def test_an_unusable_list_of_servers_is_told_and_blocks_no_other_login(
    bot: commands.Bot, ada: Person, address: str, store_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = store_path.with_name("auth.json.servers")
    if damage == "damaged":
        place.write_text("{torn")
        place.chmod(0o600)
    else:
        place.mkdir()

    assert "mcp:theirs" in [choice.value for choice in await ada.complete_option("auth login", "vendor", "mcp")]
    status = await (await ada.slash("auth status")).settled()
    assert "For the operator" in status.content
    assert "auth.json.servers" in caplog.text
    answer = await add(ada, "new", address)
    assert ("is added" in answer.content) == (damage == "damaged")
    assert ("could not be read" in answer.content) == (damage == "unreadable")
    names = [choice.value for choice in await ada.complete_option("auth mcp remove", "name")]
    assert names == (["new"] if damage == "damaged" else [NO_CHOICE])


async def test_a_person_is_answered_in_their_own_language(
    bot: commands.Bot, mei: Person, ada: Person, address: str
) -> None:
    assert "已新增 new" in (await add(mei, "new", address)).content
    assert "名稱 new 已經有人使用" in (await add(mei, "new", "https://mcp.example/mcp")).content
    assert "已移除 new" in (await remove(mei, "new")).content
    assert "</auth mcp add:" in (await (await mei.slash("auth help")).settled()).content


async def test_two_bots_that_add_at_once_lose_nothing(start: Start, settings: DiscordSettings, ada: Person) -> None:
    caller, bots = Caller(UserId(ada.id)), (start(settings), start(settings))

    async def add_some(service: AuthService, mine: str) -> None:
        for n in range(5):
            await service.servers.add(caller, f"{mine}{n}", "https://mcp.example/mcp")

    await asyncio.gather(*(add_some(service, mine) for service, mine in zip(bots, "ab", strict=True)))

    for service in bots:
        assert set(await service.servers.removable(caller)) == {f"{mine}{n}" for mine in "ab" for n in range(5)}
