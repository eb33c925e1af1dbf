"""`obscure` and `reveal`: a secret for the config, and back."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from openab_auth.oauth.vendors import Catalogue, read_config
from openab_auth.storage import Secret
from tests.bot.cli.written_logins import CANARY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_secret_is_obscured_for_the_config_and_revealed_again(run: Run) -> None:
    obscured = run("obscure", "--json", text=f"{CANARY}\n")
    revealed = run("reveal", text=json.loads(obscured.stdout)["obscured"])

    assert CANARY not in obscured.stdout
    assert revealed.stdout == f"{CANARY}\n"
    assert "no encryption" in run("obscure", text="x\n").stderr
    assert run("reveal", text="x\n").returncode == 2


def install_gemini(folder: Path) -> str:
    """Lay out the npm package with a made-up secret; return the PATH on which it is found."""
    [client_id] = [vendor.client_id for vendor in Catalogue.shipped({}).all() if vendor.name == "gemini"]
    bundle = folder / "node_modules/@google/gemini-cli/bundle"
    bundle.mkdir(parents=True)
    (bundle / "gemini.js").write_text("#!/usr/bin/env node\n")
    (bundle / "gemini.js").chmod(0o755)
    (bundle / "chunk.js").write_text(f'var ID = "{client_id}";\nvar SECRET = "GOCSPX-{CANARY}-canary";\n')
    (folder / "bin").mkdir()
    (folder / "bin/gemini").symlink_to(bundle / "gemini.js")
    return str(folder / "bin")


def test_the_secret_of_an_installed_program_becomes_the_line_of_the_config(
    call: Run, home: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = install_gemini(tmp_path_factory.mktemp("npm"))

    text, as_json = (call("obscure", "--from", "gemini", *json, env={"PATH": path}) for json in ((), ("--json",)))

    assert "under [vendors.gemini]" in text.stderr
    assert re.fullmatch(r'client_secret_obscured = "[\w-]+"\n', text.stdout)
    assert json.loads(as_json.stdout).keys() == {"obscured", "vendor", "line"}
    assert CANARY not in text.stdout + text.stderr + as_json.stdout + as_json.stderr
    file = home / ".config/openab-auth/config.toml"
    file.write_text(f"[vendors.gemini]\n{text.stdout}")
    gemini = Catalogue.from_config(read_config(file, {}), {"PATH": "/nonexistent"}).get("gemini")
    assert gemini.client_secret == Secret(f"GOCSPX-{CANARY}-canary")


def test_a_program_that_gives_no_secret_says_why(call: Run) -> None:
    missing, unknown = (call("obscure", "--from", name, env={"PATH": "/nonexistent"}) for name in ("gemini", "codex"))

    assert "'gemini', which has it, is not on PATH" in missing.stderr
    assert "GEMINI_OAUTH_CLIENT_SECRET" in missing.stderr
    assert "--from takes gemini or agy" in unknown.stderr
    assert (missing.returncode, unknown.returncode) == (2, 2)
    assert not missing.stdout + unknown.stdout
