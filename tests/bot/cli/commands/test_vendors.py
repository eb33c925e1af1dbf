"""`vendors`: the shipped table, its notes, and the variables that shadow a login."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from openab_auth.oauth.vendors import Catalogue
from tests.bot.cli.written_logins import CANARY

OWN = """
[auth]
vendors = ["claude"]
[vendors.lab]
authorize_url = "https://login.example.com/authorize"
token_url = "https://login.example.com/token"
client_id = "lab"
redirect_uri = "http://localhost:1455/auth/callback"
[mcp.x]
url = "https://mcp.example.com/mcp"
"""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_vendors_lists_the_shipped_table(call: Run) -> None:
    rows = json.loads(call("vendors", "--json").stdout)["vendors"]

    assert {"claude", "codex"} <= {row["vendor"] for row in rows}
    assert rows[0].keys() == {
        "vendor",
        "title",
        "tenant",
        "flow",
        "risk",
        "enabled",
        "not_offered_because",
        "shadowed_by",
    }


def test_vendors_says_what_to_know_before_one_logs_in(call: Run) -> None:
    text = call("vendors").stdout

    copilot = Catalogue.shipped({}).get("copilot")
    assert copilot.note in text
    assert "facts from its tools' source" in text


def test_vendors_says_why_a_vendor_is_not_offered(call: Run, home: Path) -> None:
    (home / ".config/openab-auth/config.toml").write_text('[auth]\nvendors = ["gemini", "claude", "grok"]\n')

    text, as_json = (
        call("vendors", env={"PATH": "/nonexistent"}),
        call("vendors", "--json", env={"PATH": "/nonexistent"}),
    )

    why = {row["vendor"]: row["not_offered_because"] for row in json.loads(as_json.stdout)["vendors"]}
    assert "GEMINI_OAUTH_CLIENT_SECRET" in why["gemini"]
    assert 'add "claude" to [auth] accept_risk' in why["claude"]
    assert "[auth] vendors" in why["codex"]
    assert "ANTHROPIC_API_KEY" in why["pi"]
    assert why["grok"] is None
    assert why["gemini"] in text.stdout
    assert text.stdout.count("legal-and-compliance") == 1


def test_vendors_says_nothing_about_the_facts_of_an_operators_own_tables(call: Run, home: Path) -> None:
    """Ours: nobody here has read the source of a vendor or a server that an operator added."""
    (home / ".config/openab-auth/config.toml").write_text(OWN)

    lines = [line for line in call("vendors").stdout.splitlines() if line.startswith(("lab ", "mcp:x "))]

    assert lines == ["lab          lab · tenant lab · pkce · not offered", "mcp:x        x (MCP) · tenant x · pkce"]


def test_a_variable_that_shadows_a_login_is_shown(call: Run) -> None:
    rows = json.loads(call("vendors", "--json", env={"OPENAI_API_KEY": CANARY}).stdout)["vendors"]

    assert {row["vendor"]: row["shadowed_by"] for row in rows}["codex"] == "OPENAI_API_KEY"
