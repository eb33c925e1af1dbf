"""`vendors`: the shipped table, its notes, and the variables that shadow a login."""

import json
import subprocess
from collections.abc import Callable

from openab_auth.oauth.vendors import Catalogue
from tests.bot.cli.written_logins import CANARY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_vendors_lists_the_shipped_table(call: Run) -> None:
    rows = json.loads(call("vendors", "--json").stdout)["vendors"]

    assert {"claude", "codex"} <= {row["vendor"] for row in rows}
    assert rows[0].keys() == {"vendor", "title", "tenant", "flow", "risk", "enabled", "shadowed_by"}


def test_vendors_says_what_to_know_before_one_logs_in(call: Run) -> None:
    text = call("vendors").stdout

    claude = Catalogue.shipped({}).get("claude")
    assert claude.note in text
    assert "facts from its tools' source" in text


def test_a_variable_that_shadows_a_login_is_shown(call: Run) -> None:
    rows = json.loads(call("vendors", "--json", env={"OPENAI_API_KEY": CANARY}).stdout)["vendors"]

    assert {row["vendor"]: row["shadowed_by"] for row in rows}["codex"] == "OPENAI_API_KEY"
