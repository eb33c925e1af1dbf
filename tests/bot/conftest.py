"""The command line as scripts call it, with a home of its own."""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from openab_auth.bot.cli import main
from openab_auth.bot.playground.discord import EmbeddedDiscord, Person
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer

Start = Callable[..., AbstractAsyncContextManager[asyncio.subprocess.Process]]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home, and the folder of its config."""
    (tmp_path / ".config/openab-auth").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs `openab-auth` in an empty home, or in `folder`; `env` adds variables, `text` is its standard input."""

    def run_command(
        *words: object, text: str = "", env: dict[str, str] | None = None, folder: Path = home
    ) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("openab-auth")), *map(str, words)]
        return subprocess.run(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(home)} | (env or {}),
            input=text,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return run_command


@pytest.fixture
async def discord() -> AsyncIterator[EmbeddedDiscord]:
    async with EmbeddedDiscord.listening() as discord:
        yield discord


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with Issuer.listening() as issuer:
        yield issuer


@pytest.fixture
def ada(discord: EmbeddedDiscord) -> Person:
    return discord.person("ada")


@pytest.fixture
def start(discord: EmbeddedDiscord, issuer: Issuer, ada: Person, home: Path) -> Start:
    """Starts the bot with an operator's config and waits until it is connected."""
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [discord]
        bot_token = "${{DISCORD_TOKEN}}"
        api_base = "{discord.api_base}"
        allowed_users = ["{ada.id}"]
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
        account_from = "email"
    """)

    @asynccontextmanager
    async def begin(*words: str, token: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("openab-auth"), *(words or ("run",)), cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "DISCORD_TOKEN": token or discord.bot_token},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            if words or token:
                yield process
                return
            assert process.stderr is not None
            async with asyncio.timeout(20):
                while b"logged in to Discord" not in (line := await process.stderr.readline()):
                    assert line, "the bot ended before it was connected"
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    return begin


@pytest.fixture
def call(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """As `run`, in this process: for what a command says and does, where no process of its own matters."""

    def call_command(
        *words: object, text: str = "", env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        capsys.readouterr()
        with monkeypatch.context() as patch:
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in ({"PATH": os.defpath, "HOME": str(home)} | (env or {})).items():
                patch.setenv(name, value)
            patch.chdir(home)
            patch.setattr(sys, "stdin", io.StringIO(text))
            patch.setattr(sys, "argv", ["openab-auth", *map(str, words)])
            status = main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess([*map(str, words)], status, said.out, said.err)

    return call_command
