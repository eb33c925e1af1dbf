"""The code in a login message, and the vendors that need no paste."""

from __future__ import annotations

from pathlib import Path

from openab_auth.bot.playground.discord import ShownResponse
from openab_auth.bot.playground.issuer import Issuer

PROGRAM = Path(__file__).parents[4] / "support/vendor_cli.py"
FLOWS = ("grok", "codex-device", "kiro", "copilot")


def code_in(issuer: Issuer, shown: ShownResponse) -> str:
    """Return the newest code, which the message must show in large letters."""
    code = list(issuer.devices.begun.values())[-1].user_code
    assert f"# `{code}`" in shown.content
    return code
