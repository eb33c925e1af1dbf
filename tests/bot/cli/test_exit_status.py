"""Every failure has an exit status for scripts; the table covers failures that no test here causes."""

import asyncio
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import openab_auth.bot.cli
import openab_auth.oauth
import openab_auth.storage
from openab_auth.bot.cli import dispatch
from openab_auth.bot.cli.consoles import OutputLostError
from openab_auth.bot.cli.exit_status import CHECK_FAILED, status_of
from openab_auth.bot.errors import CommandNotRunError
from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from openab_auth.oauth.errors import OAuthError
from openab_auth.storage.errors import OpenabAuthError, StorageError
from tests.support.patience import PATIENCE

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DOCUMENTED = {2, 3, 4, 5, 6, 7, 8}


def errors() -> list[type[OpenabAuthError]]:
    """Return every error class of the three floors below the command."""
    for package in (openab_auth.storage, openab_auth.oauth, openab_auth.bot.cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found = [OpenabAuthError]
    for kind in found:
        found += kind.__subclasses__()
    abstract: set[type[OpenabAuthError]] = {OpenabAuthError, OAuthError, StorageError}
    abstract |= {CommandNotRunError, OutputLostError}  # they have a shell's statuses, and 1 for output that is lost
    floors = {"storage", "oauth", "bot"}  # what `cogs` raises is answered in Discord
    elsewhere = (".playground.", ".broker.refusals")  # no script waits for the playground; HTTP has its own statuses
    found = [kind for kind in found if not any(room in kind.__module__ for room in elsewhere)]
    return [kind for kind in dict.fromkeys(found) if kind.__module__.split(".")[1] in floors and kind not in abstract]


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.__name__)
def test_no_error_ends_in_a_status_that_is_not_documented(kind: type[OpenabAuthError]) -> None:
    status = status_of(kind.__new__(kind))

    assert status != CHECK_FAILED
    assert status in DOCUMENTED


async def test_a_dead_login_is_status_4_and_its_token_is_never_posted_again(
    issuer: Issuer, run: Run, home: Path
) -> None:
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
    """)
    entry = {
        "access_token": "canary-access",
        "refresh_token": "canary-of-nobody",
        "expires_at": 1,
        "token_endpoint": issuer.token_url,
        "provider": "lab",
    }
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    store.write_text(json.dumps({"lab": entry}))

    first = await asyncio.to_thread(run, "token", "lab")
    second = await asyncio.to_thread(run, "refresh", "lab")

    assert (first.returncode, second.returncode) == (4, 4)
    assert "log in again" in first.stderr
    assert "canary" not in first.stderr + second.stderr
    assert len(issuer.requests("/token")) == 1


FEW_DESCRIPTORS = """
import os, resource, subprocess, sys
import filelock, openab_auth.oauth.client.driver
from openab_auth.bot.cli import doctor
import aiofiles
from openab_auth.bot.cli import audited
from openab_auth.bot.cli.commands import status
from openab_auth.bot.cli.commands.agents import exec, tokens
from openab_auth.bot.cli.commands.logins import login
from openab_auth.bot.cli.dispatch import run

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
for words in (["status"], ["login", "codex"], ["logout", "codex", "--local"], ["token", "codex"], ["cancel", "codex"]):
    for room in range(14):
        lowest = os.dup(0)
        os.close(lowest)
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + room, hard))
            code = 99
            try:
                code = run(["--store", sys.argv[1], *words])
            except BaseException as error:
                sys.stderr.write(f"raw {error!r}\\n")
            finally:
                sys.stderr.flush()
                os._exit(code)
        print("status", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_without_free_descriptors_each_command_ends_in_a_documented_status(home: Path) -> None:
    """EMFILE wherever a command opens something: nothing comes out raw, and nothing is called a failed check.

    Python's own event loop complains in its `__del__` where it could not be made; that is not ours.
    """
    store = home / ".openab/agent/auth.json"
    store.parent.mkdir(parents=True, mode=0o700)
    entry = {
        "access_token": "canary-access",
        "refresh_token": "canary-refresh",
        "expires_at": 2**63,
        "token_endpoint": "https://as.example/token",
        "provider": "codex",
    }
    store.write_text(json.dumps({"codex": entry, "claude": {**entry, "provider": "claude"}}))
    command = [sys.executable, "-c", FEW_DESCRIPTORS, str(store)]
    env = {"PATH": os.environ["PATH"], "HOME": str(home)}

    done = subprocess.run(command, check=False, cwd=home, env=env, capture_output=True, text=True, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert "raw" not in done.stderr, done.stderr
    assert "never awaited" not in done.stderr, done.stderr
    statuses = {int(number) for number in re.findall(r"^status (\d+)$", done.stdout, re.MULTILINE)}
    assert {0, 6} <= statuses <= {0, 3, 5, 6, 7, 8}, done.stdout
    assert "claude" in json.loads(store.read_text())


def test_a_lack_of_memory_ends_in_a_documented_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(dispatch, "_begin", fail)

    assert dispatch.run(["status"]) == 6
    assert "Cannot allocate memory" in capsys.readouterr().err
