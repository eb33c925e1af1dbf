"""docs/how-to/agents.md: each recipe is run as it stands, against an authorization server and an API on loopback.

In every store the access token looks alive and the API refuses it, so each recipe has to come by the next one itself.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.config.paths import _CONFIG, _OF_THE_MACHINE
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/agents.md").read_text()
BIN = Path(sys.executable).parent
TENANTS = {"lab": "lab", "claude": "anthropic-oauth", "codex": "codex"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class Api:
    """An API that accepts valid tokens of the authorization server; `answers` has the statuses of its replies."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self.answers: list[int] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.answers.append(200 if self._issuer.tokens.family_of(token) else 401)
        return web.json_response({"object": "list", "data": [], "has_more": False}, status=self.answers[-1])


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Run an authorization server in real time, as the recipes need it."""
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
async def api(issuer: Issuer) -> AsyncIterator[Api]:
    api = Api(issuer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port, *_ = runner.addresses[0]
    api.url = f"http://{host}:{port}"
    yield api
    await runner.cleanup()


@pytest.fixture
def logins(issuer: Issuer, home: Path) -> Path:
    """Write a login with a refused access token for each vendor; return the store."""
    entries = {
        tenant: {
            "access_token": f"refused-{tenant}",
            "refresh_token": issuer.tokens.issue(CLIENT_ID, "ada@example.com", ("offline_access",))["refresh_token"],
            "expires_at": int(time.time()) + 3600,
            "token_endpoint": issuer.token_url,
            "provider": tenant,
        }
        for tenant in TENANTS.values()
    }
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    store.write_text(json.dumps(entries))
    store.chmod(0o600)
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.claude]
        client_id = "{CLIENT_ID}"
        [vendors.codex]
        client_id = "{CLIENT_ID}"
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
    """)
    return store


async def play(home: Path, api: Api, *command: str | Path) -> str:
    """Run a recipe in its home; return its output."""
    environ = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "ANTHROPIC_BASE_URL": api.url,
        "OPENAI_BASE_URL": api.url,
        "NO_PROXY": "*",
    }
    process = await asyncio.create_subprocess_exec(
        *command, cwd=home, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.parametrize("number", range(4), ids=["httpx2", "no loop", "anthropic", "openai"])
async def test_a_python_client_is_refused_once_and_takes_the_next_token(
    number: int, logins: Path, home: Path, api: Api, issuer: Issuer
) -> None:
    code = blocks("python")[number].replace("https://api.example.com", api.url)

    out = await play(home, api, sys.executable, "-c", code)

    assert out.strip()
    assert api.answers == [401, 200]
    assert len(issuer.requests("/token")) == 1


async def test_any_program_gets_the_token_in_its_vendors_variable(logins: Path, home: Path, api: Api) -> None:
    stub = home / "claude"
    stub.write_text('#!/bin/sh\necho "$CLAUDE_CODE_OAUTH_TOKEN $1"\n')
    stub.chmod(0o755)

    [command] = blocks("sh")[:1]
    out = await play(home, api, "env", f"PATH={home}:{BIN}:{os.defpath}", "sh", "-c", command)

    assert out == "refused-anthropic-oauth --version\n"


async def test_the_helper_of_claude_code_prints_the_token_on_one_line(logins: Path, home: Path, api: Api) -> None:
    [settings] = map(json.loads, blocks("json"))

    out = await play(home, api, "sh", "-c", settings["apiKeyHelper"])

    assert out == "refused-anthropic-oauth\n"
    assert int(settings["env"]["CLAUDE_CODE_API_KEY_HELPER_TTL_MS"]) < 120_000  # a token's least life when printed


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
async def test_a_shell_script_is_refused_once_and_goes_on_with_the_next_token(
    logins: Path, home: Path, api: Api, issuer: Issuer
) -> None:
    script = blocks("sh")[1].replace("https://api.example.com", api.url)

    out = await play(home, api, "sh", "-c", script)

    assert out == "200\n"
    assert api.answers == [401, 200]
    assert len(issuer.requests("/token")) == 1


def test_the_containers_share_the_images_folder_and_user() -> None:
    [text] = blocks("yaml")
    compose = yaml.safe_load(text)
    dockerfile = (ROOT / "Dockerfile").read_text()

    [folder] = re.findall(r"^VOLUME (.+)$", dockerfile, re.MULTILINE)
    bot, agent = compose["services"]["openab-auth"], compose["services"]["agent"]
    assert {volume for service in (bot, agent) for volume in service["volumes"] if "auth.toml" not in volume} == {
        f"logins:{folder}"
    }
    assert set(compose["volumes"]) == {"logins"}
    assert "ARG UID=1000\n" in dockerfile
    assert agent["user"].startswith("1000:")
    assert folder == f"{agent['environment']['HOME']}/.openab/agent"
    assert f'useradd --uid "$UID" --gid "$GID" --create-home {Path(agent["environment"]["HOME"]).name}' in dockerfile
    [config] = [volume for volume in bot["volumes"] if "auth.toml" in volume]
    assert config == f"./openab-auth.toml:{_OF_THE_MACHINE}/{_CONFIG}:ro"
