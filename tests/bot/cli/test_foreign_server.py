"""The two steps and a refresh at an authorization server from another project; only a vendor table describes it."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.patience import PATIENCE

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SECRET = {"LAB_SECRET": "any"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Start oidc-provider-mock in its own process, and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), "-e", "3600"]
    log = (tmp_path / "server.log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"PYTHONWARNINGS": "ignore"})
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", trust_env=False)
                break
            except httpx2.TransportError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE)
        log.close()


def write_config(home: Path, *lines: str) -> None:
    table = [
        "[auth]",
        'vendors = ["lab"]',
        "[vendors.lab]",
        'client_id = "lab-public"',
        'redirect_uri = "http://localhost:1455/auth/callback"',
        'scopes = ["openid", "email"]',
        'account_from = "sub"',
        'client_secret_env = "LAB_SECRET"',  # this server takes public clients only after a registration
        *lines,
    ]
    (home / ".config/openab-auth/config.toml").write_text("\n".join(table))


def sign_in(link: str) -> str:
    """Submit the sign-in form behind the link as a browser does; return the address of the redirect."""
    answer = httpx2.post(link, data={"sub": "ada"}, trust_env=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize("given", ["urls", "issuer"])
def test_login_complete_token_and_refresh_work_there(given: str, server: str, home: Path, run: Run) -> None:
    if given == "urls":
        write_config(home, f'authorize_url = "{server}/oauth2/authorize"', f'token_url = "{server}/oauth2/token"')
    else:
        write_config(home, f'issuer = "{server}"')

    begun = run("login", "lab", "--json", env=SECRET)
    assert begun.returncode == 0, begun.stderr
    redirect = sign_in(json.loads(begun.stdout)["url"])
    done = run("complete", "lab", "--json", text=redirect, env=SECRET)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tenant"] == "lab"
    first = run("token", "lab", env=SECRET)
    refreshed = run("refresh", "lab", "--json", env=SECRET)
    second = run("token", "lab", env=SECRET)

    assert first.returncode == 0, first.stderr
    assert refreshed.returncode == 0, refreshed.stderr
    assert json.loads(refreshed.stdout)["refreshed"] is True
    assert second.stdout.strip()
    assert second.stdout != first.stdout
