"""The commands where a proxy or certificate variable is unusable, as whole processes, and the bot that meets it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import Issuer
from tests.support.patience import PATIENCE

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "canary-p4ss"
UNUSABLE = [
    {"ALL_PROXY": f"socks://ada:{CANARY}@127.0.0.1:1080"},
    {"https_proxy": f"http://ada:{CANARY}@proxy:port"},
    {"SSL_CERT_FILE": "/gone/cacert.pem"},
    {"SSL_CERT_DIR": __file__},
]
LAB = """
[auth]
vendors = ["lab"]
[vendors.lab]
authorize_url = "http://127.0.0.1:9/auth"
token_url = "http://127.0.0.1:9/token"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
[mcp.far]
url = "https://10.0.0.7/mcp"
"""


def checks_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


@pytest.mark.parametrize("environ", UNUSABLE, ids=lambda environ: next(iter(environ)))
def test_a_login_ends_with_status_2_and_doctor_goes_on(run: Run, home: Path, environ: dict[str, str]) -> None:
    variable = next(iter(environ))
    (home / ".config/openab-auth/config.toml").write_text(LAB)

    login = run("login", "lab", "--json", env=environ)
    doctor = run("doctor", "--json", env=environ)

    assert login.returncode == 2
    said = json.loads(login.stderr)["error"]
    assert said["code"] == "network_variable"
    assert said["message"].startswith(variable)
    checks = checks_of(doctor)
    assert doctor.returncode == 1
    failed = checks["certificates" if variable.startswith("SSL") else "proxy"]
    assert not failed["ok"]
    assert failed["message"].startswith(variable)
    assert variable in failed["hint"]
    assert {"config", "store", "mcp:far metadata"} <= set(checks)
    assert CANARY not in login.stderr + doctor.stdout
    assert not doctor.stderr
    for command in ("status", "vendors"):
        assert run(command, env=environ).returncode == 0


def test_doctor_names_a_usable_proxy_without_its_password(call: Run, home: Path) -> None:
    config = home / ".config/openab-auth/config.toml"
    config.write_text(LAB)
    environ = {"HTTPS_PROXY": f"http://ada:{CANARY}@127.0.0.1:9"}

    off = call("doctor", "--json", env=environ)
    config.write_text(LAB.replace("[auth]", '[auth]\nmcp_proxy = "environment"'))
    on = call("doctor", "--json", env=environ)
    none = call("doctor", "--json", env={})

    assert checks_of(off)["proxy"]["message"] == "HTTPS_PROXY names http://127.0.0.1:9"
    assert "do not use the proxy of HTTPS_PROXY" in checks_of(off)["mcp proxy"]["message"]
    assert 'mcp_proxy = "environment"' in checks_of(off)["mcp proxy"]["hint"]
    assert "decides which hosts" in checks_of(on)["mcp proxy"]["message"]
    assert "checked public addresses" in checks_of(none)["mcp proxy"]["message"]
    assert CANARY not in off.stdout + on.stdout


@pytest.mark.parametrize("command", ["doctor", "run"])
def test_a_file_for_the_keys_of_connections_is_ignored(run: Run, home: Path, command: str) -> None:
    """A library that the bot imports would fail where the file cannot be written, and fill it where it can."""
    keys = home / "keys"
    for path in (keys, home / "gone/keys"):
        done = run(command, env={"SSLKEYLOGFILE": str(path)})
        assert "Traceback" not in done.stderr
        assert str(path) not in done.stderr + done.stdout
        assert done.returncode in {1, 2}
    assert not keys.exists()


async def test_the_bot_says_it_at_its_start_and_to_a_person_who_meets_it(
    discord: EmbeddedDiscord, issuer: Issuer, start: Start, ada: Person, home: Path
) -> None:
    del start  # only its config; Discord is at an http address
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": discord.bot_token, **UNUSABLE[1]}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("openab-auth"), "run", cwd=home, env=environ, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    log = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while "logged in to Discord" not in log:
                line = (await process.stderr.readline()).decode()
                assert line, log
                log += line
        answer = await (await ada.slash("auth login", vendor="lab")).settled()
    finally:
        process.terminate()
        _, rest = await process.communicate()
    log += rest.decode()
    assert "a setting of the machine that I run on is wrong" in answer.content
    assert "`https_proxy`" in answer.content
    errors = [line["message"] for line in map(json.loads, log.splitlines()) if line["level"] == "error"]
    assert len(errors) == 2
    assert all("https_proxy names a proxy whose port" in message for message in errors)
    assert CANARY not in log + answer.content
    assert "Traceback" not in log
