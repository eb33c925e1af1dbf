"""Behind a company's proxy: the bot reaches Discord as `doctor` and the vendors' requests do, gateway included.

From anthropics/claude-plugins-official#1423, NousResearch/hermes-agent#6649 and #6184.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.bot.proxy import find_proxy
from openab_auth.cogs.auth import DiscordSettings
from openab_auth.oauth.errors import ConfigError
from openab_auth.storage import Secret
from tests.bot.forward_proxy import ForwardProxy
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
NOWHERE = "http://127.0.0.2:9/api/v10"  # only the proxy leads on from here
CANARY = "canary-password"


@pytest.fixture
async def proxy(discord: EmbeddedDiscord) -> AsyncIterator[ForwardProxy]:
    async with ForwardProxy.listening(discord.api_base) as proxy:
        yield proxy


@asynccontextmanager
async def running(
    home: Path, discord: EmbeddedDiscord, command: str = "run", **environ: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("openab-auth"), command, cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": discord.bot_token, **environ},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def write_config(home: Path, more: str = "") -> None:
    text = f'[discord]\napi_base = "{NOWHERE}"\nallowed_users = ["1"]\n{more}\n[auth]\nvendors = ["codex"]\n'
    (home / ".config/openab-auth/config.toml").write_text(text)


async def until_connected(discord: EmbeddedDiscord, process: asyncio.subprocess.Process) -> None:
    """Wait until the bot is at the gateway; fail with its own words if it ends before."""
    there = asyncio.create_task(discord.until(lambda: discord.bot_is_there, PATIENCE))
    ended = asyncio.create_task(process.wait())
    await asyncio.wait((there, ended), return_when=asyncio.FIRST_COMPLETED)
    there.cancel()
    if ended.done():
        assert process.stderr is not None
        pytest.fail((await process.stderr.read()).decode())
    ended.cancel()


async def test_requests_and_gateway_take_the_proxy_of_the_environment(
    home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy
) -> None:
    write_config(home)

    async with running(home, discord, HTTP_PROXY=f"http://{proxy.address}") as process:
        await until_connected(discord, process)
        direct = len(discord.requests)
        shown = await (await discord.person("ada").slash("auth help")).settled()

    assert "You can't log agents in yet" in shown.content  # the acknowledgement and the edit came, too
    assert len(discord.requests) > direct
    assert f"{NOWHERE}/gateway" in proxy.asked
    assert any("/gateway?" in address for address in proxy.asked)


@pytest.mark.parametrize(
    ("password", "reason"), [("another", "asks for another user or password (HTTP 407)"), (CANARY, "SSL")]
)
async def test_the_real_discord_is_asked_for_a_tunnel_with_the_password(
    password: str, reason: str, home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy
) -> None:
    """No request leaves this machine: the tunnel ends at the embedded Discord, which speaks no TLS."""
    proxy.password = password
    write_config(home)
    config = home / ".config/openab-auth/config.toml"
    config.write_text(config.read_text().replace(f'api_base = "{NOWHERE}"\n', ""))

    async with running(home, discord, HTTPS_PROXY=f"http://ada:{CANARY}@{proxy.address}") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 5
    assert set(proxy.asked) == {"discord.com:443"}
    assert reason in stderr.decode().splitlines()[-1]
    assert "through the proxy of HTTPS_PROXY" in stderr.decode().splitlines()[-1]
    assert CANARY not in stderr.decode()


async def test_the_config_names_a_proxy_for_discord_alone_with_a_password(
    home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy
) -> None:
    proxy.password = CANARY
    write_config(home, 'proxy = "${COMPANY_PROXY}"')
    named = f"http://ada:{CANARY}@{proxy.address}\n"

    async with running(home, discord, COMPANY_PROXY=named, HTTP_PROXY="http://127.0.0.1:9") as process:
        await until_connected(discord, process)


async def test_doctor_takes_the_same_way_as_the_bot(home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy) -> None:
    write_config(home, f'proxy = "http://{proxy.address}"')

    async with running(home, discord, "doctor") as process:
        out, _ = await asyncio.wait_for(process.communicate(), 30)

    [line] = [line for line in out.decode().splitlines() if "discord" in line]
    assert line.startswith("ok")
    assert f"through the proxy of discord.proxy ({proxy.address})" in line


@pytest.mark.parametrize("password", [None, "another"])
async def test_a_proxy_that_lets_nobody_out_is_named_and_its_password_is_not(
    password: str | None, home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy
) -> None:
    proxy.password = password
    where = proxy.address if password else "127.0.0.1:9"
    write_config(home)

    async with running(home, discord, http_proxy=f"http://ada:{CANARY}@{where}") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 20)

    told = stderr.decode()
    assert process.returncode == 5
    assert f"through the proxy of http_proxy ({where})" in told.splitlines()[-1]
    assert CANARY not in told


@pytest.mark.parametrize(
    ("refuses", "reason"), [("/gateway?", "no WebSocket connection"), ("/users/@me", "no reply of Discord's API")]
)
async def test_a_proxy_that_refuses_one_address_is_named(
    refuses: str, reason: str, home: Path, discord: EmbeddedDiscord, proxy: ForwardProxy
) -> None:
    proxy.refuses = refuses
    write_config(home)

    async with running(home, discord, HTTP_PROXY=f"http://ada:{CANARY}@{proxy.address}") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 30)

    last = stderr.decode().splitlines()[-1]
    assert process.returncode == 5
    assert last.startswith("openab-auth: ")
    assert reason in last
    assert "HTTP 403" in last
    assert "the proxy of HTTP_PROXY" in last
    assert CANARY not in stderr.decode()


REAL = DiscordSettings()
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other.example"}, "https_proxy"),
        ({"ALL_PROXY": PROXY}, "ALL_PROXY"),
        ({"HTTPS_PROXY": f" {PROXY}\n", "ALL_PROXY": "socks5://x"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://ada:canary-password@proxy.example:3128/"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "localhost,example.com"}, "HTTPS_PROXY"),
        ({"HTTP_PROXY": PROXY}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": "localhost, discord.com"}, None),
        ({"HTTPS_PROXY": PROXY, "no_proxy": "localhost, *"}, None),
        ({"HTTPS_PROXY": PROXY, "NO_PROXY": ".com"}, None),
        ({"HTTPS_PROXY": ""}, None),
        ({}, None),
    ],
)
def test_the_environments_variables_mean_what_they_mean_elsewhere(
    environ: Mapping[str, str], source: str | None
) -> None:
    found = find_proxy(REAL, environ)

    assert (found.source if found else None) == source
    assert found is None or found.address.rstrip("/") == PROXY


@pytest.mark.parametrize(
    "value",
    ["socks5://ada:canary-password@127.0.0.1:1080", "http://", "http://[canary-password", "http://a:99999",
     "ftp://canary-password", "http://proxy example:1", "http://x:canary-password", "http://a:0", "http://a..b:1",
     "http://a:1/canary-password", "http://a:canary/password@b:1", "http://ü.example:1", "socks5h://canary-password"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy", "discord.proxy"])
def test_a_value_that_is_no_proxy_is_a_sentence_that_names_its_variable(name: str, value: str) -> None:
    in_config = name == "discord.proxy"
    settings = DiscordSettings(proxy=Secret(value)) if in_config else REAL

    with pytest.raises(ConfigError) as refused:
        find_proxy(settings, {} if in_config else {name: value})

    assert name in refused.value.happened
    assert ("SOCKS" in refused.value.happened) == value.startswith("socks")
    assert CANARY not in str(refused.value)


async def test_the_bot_and_doctor_name_a_variable_that_no_client_can_use(home: Path, discord: EmbeddedDiscord) -> None:
    write_config(home)
    (home / ".config/openab-auth/config.toml").write_text('[discord]\nallowed_users = ["1"]\n[auth]\nvendors = []\n')

    async with running(home, discord, HTTPS_PROXY="socks5://127.0.0.1:1080") as process:
        _, stderr = await asyncio.wait_for(process.communicate(), 20)

    assert process.returncode == 2
    assert b"HTTPS_PROXY: names a SOCKS proxy" in stderr.splitlines()[-1]
    assert not (home / ".openab").exists()
