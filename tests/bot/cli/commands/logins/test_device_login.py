"""Logins by a code at the console: one process waits, another process continues, and both print the outcome."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from openab_auth.bot.playground.issuer import CLIENT_ID, ThreadedIssuer
from tests.support.patience import PATIENCE

Begin = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def issuer() -> Iterator[ThreadedIssuer]:
    with ThreadedIssuer.listening() as issuer:
        yield issuer


@pytest.fixture
def lab(home: Path, issuer: ThreadedIssuer) -> str:
    (home / ".config/openab-auth/config.toml").write_text(
        f'[vendors.lab]\ntitle = "The Lab"\nflow = "device"\ndevice_url = "{issuer.device_url}"\n'
        f'token_url = "{issuer.token_url}"\nclient_id = "{CLIENT_ID}"\nscopes = ["openid"]\naccount_from = "email"\n'
    )
    return "lab"


def test_login_prints_the_code_waits_and_says_who_is_logged_in(lab: str, begin: Begin, issuer: ThreadedIssuer) -> None:
    process = begin("login", lab)
    assert process.stdout is not None
    shown = ""
    while "waits for the approval" not in shown:
        shown += process.stdout.readline()
    (device,) = issuer.devices.begun.values()
    assert device.user_code in shown
    assert issuer.devices.page in shown

    issuer.approve_device(device.user_code)

    rest, errors = process.communicate(timeout=PATIENCE)
    assert "Logged in to The Lab as ada@example.com" in rest
    assert (process.returncode, errors) == (0, "")
    assert device.device_code not in shown + rest


def test_with_json_one_object_is_printed_before_the_wait(lab: str, begin: Begin, issuer: ThreadedIssuer) -> None:
    process = begin("login", lab, "--json")
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    assert begun.keys() == {"vendor", "tenant", "flow", "url", "user_code", "expires_at"}
    assert begun["flow"] == "device"
    issuer.deny_device(begun["user_code"])

    rest, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, rest) == (7, "")
    assert json.loads(errors)["error"]["code"] == "login_denied"


def test_a_login_that_was_not_waited_for_is_finished_by_complete(lab: str, run: Run, issuer: ThreadedIssuer) -> None:
    begun = json.loads(run("login", lab, "--no-wait", "--json").stdout)
    issuer.approve_device(begun["user_code"])

    done = run("complete", lab, "--json")

    assert json.loads(done.stdout)["account"] == "ada@example.com"
    assert run("complete", lab).returncode == 7


def test_on_a_terminal_a_line_counts_down_and_ctrl_c_keeps_the_login(
    lab: str, begin: Begin, home: Path, issuer: ThreadedIssuer
) -> None:
    ours, theirs = pty.openpty()
    process = begin("login", lab, stderr=theirs)
    os.close(theirs)
    seen = b""
    while b" left" not in seen:
        seen += os.read(ours, 1000)

    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE) == 130
    with suppress(OSError):  # the other end is closed
        while chunk := os.read(ours, 1000):
            seen += chunk
    os.close(ours)
    assert b"`openab-auth complete lab` continues it" in seen
    assert b"Traceback" not in seen
    assert "pending:lab:0" in json.loads((home / ".openab/agent/auth.json").read_text())


def test_a_vendors_own_program_runs_on_the_terminal_as_it_is(home: Path, run: Run) -> None:
    program = home / "lab-login"
    program.write_text('#!/bin/sh\nread line; echo "heard $line"; exit "$line"\n')
    program.chmod(0o755)
    table = f'[vendors.shell]\nflow = "command"\ncommand = ["{program}"]\n'
    (home / ".config/openab-auth/config.toml").write_text(table)

    done, failed = run("login", "shell", "--json", text="0\n"), run("login", "shell", text="3\n")

    assert json.loads(done.stdout)["flow"] == "command"
    assert "heard 0" in done.stderr
    assert "heard 3" in failed.stdout
    assert failed.returncode == 7
    assert "status 3" in failed.stderr


def test_a_vendors_program_gets_neither_the_bots_token_nor_clients_secrets(home: Path, run: Run) -> None:
    secrets = dict.fromkeys(("DISCORD_TOKEN", "OUR_BOT", "APP_SECRET", "MCP_SECRET"), "canary")
    (home / ".config/openab-auth/config.toml").write_text("""
        [discord]
        bot_token = "${OUR_BOT}"
        [vendors.shell]
        flow = "command"
        command = ["env"]
        [vendors.gemini]
        client_secret_env = "APP_SECRET"
        [mcp.lab]
        url = "https://mcp.example/mcp"
        client_id = "app"
        client_secret_env = "MCP_SECRET"
    """)

    done = run("login", "shell", env={**secrets, "KEPT": "yes"})

    assert done.returncode == 0, done.stderr
    assert "KEPT=yes" in done.stdout.splitlines()
    assert "canary" not in done.stdout
