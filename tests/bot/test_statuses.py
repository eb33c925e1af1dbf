"""Every failure has an exit status that scripts can act on; what no test here makes happen is in the table."""

import asyncio
import importlib
import json
import pkgutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import bot.cli
import oauth
import storage
from bot.cli.child import CommandNotRunError
from bot.cli.output import CHECK_FAILED, status_of
from bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from oauth.errors import OAuthError
from storage.errors import OpenabAuthError, StorageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DOCUMENTED = {2, 3, 4, 5, 6, 7}


def errors() -> list[type[OpenabAuthError]]:
    """Every class of error of the three floors that the command stands on."""
    for package in (storage, oauth, bot.cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    found = [OpenabAuthError]
    for kind in found:
        found += kind.__subclasses__()
    abstract = {OpenabAuthError, OAuthError, StorageError, CommandNotRunError}  # the last one has a shell's statuses
    floors = {"storage", "oauth", "bot"}  # what `cogs` raises is answered in Discord
    return [
        kind for kind in dict.fromkeys(found) if kind.__module__.partition(".")[0] in floors and kind not in abstract
    ]


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
