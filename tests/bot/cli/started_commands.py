"""Run the command `openab-auth` in its own process and its own home."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from openab_auth.bot.playground.issuer import CLIENT_ID, REDIRECT_URI, Issuer
from tests.support.patience import PATIENCE

OPENAB_AUTH = Path(sys.executable).with_name("openab-auth")


async def begin(home: Path, *words: str, **options: int) -> asyncio.subprocess.Process:
    """Start the command; `stdin` is a descriptor, or None for an empty input."""
    return await asyncio.create_subprocess_exec(
        OPENAB_AUTH, *words, cwd=home, env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=options.get("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


async def finish(process: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    """Wait for the command; return its status, its output and its errors."""
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, out.decode(), err.decode()


def configure(issuer: Issuer, home: Path) -> None:
    """Write a config with the vendor `lab`, which is this authorization server."""
    (home / ".config/openab-auth/config.toml").write_text(f"""
        [auth]
        vendors = ["lab"]
        [vendors.lab]
        authorize_url = "{issuer.authorize_url}"
        token_url = "{issuer.token_url}"
        client_id = "{CLIENT_ID}"
        redirect_uri = "{REDIRECT_URI}"
        scopes = ["openid", "email", "offline_access"]
    """)


async def log_in(issuer: Issuer, home: Path) -> None:
    """Log in to the vendor `lab` in both steps."""
    begun = await finish(await begin(home, "login", "lab", "--json"))
    redirect = await issuer.approve(json.loads(begun[1])["url"])
    assert (await finish(await begin(home, "complete", "lab", redirect)))[0] == 0
