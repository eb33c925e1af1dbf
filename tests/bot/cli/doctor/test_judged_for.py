"""`doctor --for agent|bot` judges what this process needs, and nothing that only the other one needs."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.cli.doctor.network import check_network
from openab_auth.bot.playground.discord import EmbeddedDiscord
from openab_auth.cogs.auth import DiscordSettings
from openab_auth.storage import Secret

Run = Callable[..., "subprocess.CompletedProcess[str]"]
VENDORS = '[auth]\nvendors = ["own"]\n[vendors.own]\nflow = "command"\ncommand = ["sh", "-c", "true"]\n'
NOWHERE = 'api_base = "http://127.0.0.1:9/api/v10"\n'


def judged(call: Run, home: Path, discord: str, *words: str, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    (home / ".config/openab-auth/config.toml").write_text(f"[discord]\n{NOWHERE}{discord}{VENDORS}")
    done = call("doctor", "--json", *words, env=env)
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_an_agent_needs_no_discord_and_no_mistake_there_concerns_it(call: Run, home: Path) -> None:
    status, checks = judged(call, home, 'bot_token = "${NOT_SET_HERE}"\n', "--for", "agent", HTTPS_PROXY="")

    assert status == 0
    assert {"config", "store", "locks", "clock", "own program"} <= checks.keys()
    assert not {"discord", "access"} & checks.keys()


def test_a_bot_needs_a_token_and_somebody_who_may_use_it(call: Run, home: Path) -> None:
    status, checks = judged(call, home, "", "--for=bot")

    assert status == 1
    assert not checks["discord"]["ok"]
    assert "DISCORD_TOKEN" in checks["discord"]["hint"]
    assert (checks["access"]["ok"], checks["access"]["message"]) == (False, "nobody may use /auth")
    assert "allowed_users" in checks["access"]["hint"]


@pytest.mark.parametrize(("discord", "ok"), [("", False), ('allowed_roles = ["7"]\n', True)])
def test_with_a_token_a_bot_is_judged_without_being_asked_for(discord: str, ok: bool, call: Run, home: Path) -> None:
    _, checks = judged(call, home, discord, DISCORD_TOKEN="canary")

    assert checks["access"]["ok"] == ok
    assert not checks["discord"]["ok"]  # nothing listens there


def test_a_proxy_that_the_bot_cannot_use_is_a_finding_about_the_config(call: Run, home: Path) -> None:
    _, checks = judged(call, home, 'proxy = "socks5://canary:1"\n', DISCORD_TOKEN="canary")

    assert not checks["config"]["ok"]
    assert "discord.proxy: names a SOCKS proxy" in checks["config"]["message"]
    assert "canary" not in str(checks)


async def test_discords_own_sentence_is_the_finding() -> None:
    async with EmbeddedDiscord.listening() as discord:
        discord.faults.next("me", status=403, code=40002, message="You need to verify your account.")
        settings = DiscordSettings(bot_token=Secret(discord.bot_token), api_base=discord.api_base)
        [refused, *_] = await check_network([], settings)

    assert not refused.ok
    assert "You need to verify your account. (HTTP 403, code 40002)" in refused.message


def test_another_process_is_a_usage_error_about_the_option(call: Run, home: Path) -> None:
    done = call("doctor", "--for", "cat")

    assert done.returncode == 2
    assert "--for has an invalid value" in done.stderr
