"""The vendors' own programs from the npm registry, run as the shipped rows say, as far as they go without a network."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from openab_auth.oauth.client import Driver
from openab_auth.oauth.config import Config
from openab_auth.oauth.errors import ProgramFailedError, ProgramWaitsError
from openab_auth.oauth.logins import Logins
from openab_auth.oauth.vendors import Catalogue
from openab_auth.storage import AsyncStore, UserId
from tests.support.patience import PATIENCE

_INSTALLS = 150.0  # seconds in which a package of hundreds of megabytes is here
pytestmark = [pytest.mark.npm, pytest.mark.timeout(_INSTALLS + 3 * PATIENCE)]

ADA = UserId(1)
NOWHERE = "http://127.0.0.1:9"  # a proxy that is not there: no request leaves this machine
Install = Callable[[str], dict[str, str]]


def call_npm(*words: str, seconds: float) -> bool:
    """Run npm; return whether it succeeded within `seconds`."""
    command = ["npm", *words, "--fetch-timeout=15000", "--fetch-retries=0"]
    with suppress(subprocess.TimeoutExpired):
        return not subprocess.run(command, capture_output=True, check=False, timeout=seconds).returncode
    return False


@pytest.fixture(scope="session")
def registry() -> None:
    """Skip where the registry cannot be reached: three packages would otherwise be waited for."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here")
    if not call_npm("ping", seconds=45):
        pytest.skip("the npm registry does not answer here")


@pytest.fixture
def install(registry: None, tmp_path: Path, home: Path) -> Iterator[Install]:
    """Install a package of the npm registry; return an environment with its programs on PATH and an empty home."""
    folder = tmp_path / "npm"

    def install_package(package: str) -> dict[str, str]:
        words = ["install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        if not call_npm(*words, seconds=_INSTALLS):
            pytest.skip(f"npm could not install {package}")
        path = os.pathsep.join([str(folder / "node_modules/.bin"), os.environ["PATH"]])
        return {"PATH": path, "HOME": str(home), "HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "NO_PROXY": "127.0.0.1"}

    yield install_package
    shutil.rmtree(folder, ignore_errors=True)  # hundreds of megabytes


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a program on a busy machine enough time for its first words."""
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._FIRST_WORDS", 120.0)


@asynccontextmanager
async def logins_of(catalogue: Catalogue, store: AsyncStore, environ: Mapping[str, str]) -> AsyncIterator[Logins]:
    logins = Logins(catalogue, store, Driver(), environ=environ)
    try:
        yield logins
    finally:
        await logins.aclose()


async def test_claude_code_prints_its_link_and_gets_the_paste(install: Install, store: AsyncStore) -> None:
    environ = install("@anthropic-ai/claude-code@2.1.197")
    catalogue = Catalogue.shipped(environ)
    assert "claude-code" in {vendor.name for vendor in catalogue.offered()}

    async with logins_of(catalogue, store, environ) as logins:
        offer = await logins.begin("claude-code", ADA)
        with pytest.raises(ProgramFailedError, match="Login failed") as caught:
            await logins.complete("canary-code#canary-state", ADA, "claude-code")

    assert offer.url.startswith("https://claude.com/cai/oauth/authorize?")
    assert "canary" not in str(caught.value)


async def test_codex_logs_in_by_a_code(install: Install, store: AsyncStore, home: Path) -> None:
    environ = install("@openai/codex@0.171.0")
    [shipped] = [vendor for vendor in Catalogue.shipped(environ).offered() if vendor.name == "codex-cli"]

    async with listening() as issuer:
        command = [*shipped.command, "--experimental_issuer", issuer]
        catalogue = Catalogue.from_config(Config(vendors={"codex-cli": {"command": command}}), environ)
        async with logins_of(catalogue, store, environ) as logins:
            offer = await logins.begin("codex-cli", ADA)
            done = await logins.outcome("codex-cli", ADA)

    assert (offer.url, offer.user_code) == (f"{issuer}/codex/device", "ABCD-12345")
    assert done is not None
    assert json.loads((home / ".codex/auth.json").read_text())["tokens"]["refresh_token"] == "rt-made-up"
    assert not await store.read()


async def test_gemini_cli_prints_its_link_gets_the_paste_and_has_the_secret(
    install: Install, store: AsyncStore, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client secret of `gemini` is found in the same package; its value is never printed."""
    monkeypatch.setattr("openab_auth.oauth.flows.command.program._ANSWER", 10.0)
    environ = install("@google/gemini-cli@0.61.0")
    settings = home / ".gemini/settings.json"
    settings.parent.mkdir()
    settings.write_text('{"security": {"auth": {"selectedType": "oauth-personal"}}}')
    catalogue = Catalogue.shipped(environ)

    async with logins_of(catalogue, store, environ) as logins:
        offer = await logins.begin("gemini-cli", ADA)
        with pytest.raises(ProgramWaitsError, match="Enter the authorization code"):
            await logins.complete("canary-code", ADA, "gemini-cli")
        with pytest.raises(ProgramFailedError, match="Failed to authenticate"):
            await logins.complete("canary-code", ADA, "gemini-cli")

    assert offer.url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert "codeassist.google.com" in offer.url
    assert "gemini" in {vendor.name for vendor in catalogue.offered()}


@asynccontextmanager
async def listening() -> AsyncIterator[str]:
    """Run the part of OpenAI's authorization server that a login by code needs; yield its address."""
    polls = 0

    async def begin(_request: web.Request) -> web.Response:
        return web.json_response({"device_auth_id": "d1", "user_code": "ABCD-12345", "interval": "1"})

    async def poll(_request: web.Request) -> web.Response:
        nonlocal polls
        polls += 1
        if polls < 4:  # until then, nobody has typed the code
            return web.json_response({}, status=403)
        return web.json_response({"authorization_code": "ac", "code_verifier": "v", "code_challenge": "c"})

    async def token(_request: web.Request) -> web.Response:
        claims = {"email": "ada@example.com", "exp": 2**32, "https://api.openai.com/auth": {"chatgpt_account_id": "a"}}
        return web.json_response({"id_token": jwt(claims), "access_token": jwt(claims), "refresh_token": "rt-made-up"})

    app = web.Application()
    app.router.add_post("/api/accounts/deviceauth/usercode", begin)
    app.router.add_post("/api/accounts/deviceauth/token", poll)
    app.router.add_post("/oauth/token", token)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        server = await asyncio.get_running_loop().create_server(runner.server, "127.0.0.1", 0)  # type: ignore[arg-type]
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()
    finally:
        await runner.cleanup()


def jwt(claims: Mapping[str, object]) -> str:
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims))
    return ".".join([*parts, "signature"])
