"""`obscure` and `reveal`: a secret for the config, and back."""

import json
import subprocess
from collections.abc import Callable

from tests.bot.cli.written_logins import CANARY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_secret_is_obscured_for_the_config_and_revealed_again(run: Run) -> None:
    obscured = run("obscure", "--json", text=f"{CANARY}\n")
    revealed = run("reveal", text=json.loads(obscured.stdout)["obscured"])

    assert CANARY not in obscured.stdout
    assert revealed.stdout == f"{CANARY}\n"
    assert "no encryption" in run("obscure", text="x\n").stderr
    assert run("reveal", text="x\n").returncode == 2
